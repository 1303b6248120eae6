//! A log whose operator cheats, two members, and an auditor who looked once before.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bytes::Bytes;
use hefu_tests::child::program;
use hefu_tests::mirror::Mirror;
use hefu_tests::operator::{LogNumber, Member, Operator, Parts};
use hefu_tests::witness::log_key;
use hefu_tests::world::{code, observation, text};
use hefu_types::event::platform::ViewsRecorded;
use hefu_types::event::reporting::ObservationReported;
use hefu_types::{ChainHash, Entry, SignedSubmission, Size, ViewDigest};
use hefu_views::VIEWS;
use tempfile::TempDir;

/// What is there before the crime: each member has reported once, and been answered.
pub(crate) struct Stage {
    pub(crate) operator: Operator,
    alpha: Member,
    beta: Member,
    /// The auditor's folder.
    dir: TempDir,
    /// The second log, if there is one.
    second: Option<LogNumber>,
    /// Files that no server would serve.
    forged: Option<(Mirror, Vec<Bytes>)>,
    months: u32,
}

/// What alpha says, and what the operator would rather have it say.
const SAID: &str = "as counted";
const OTHER: &str = "as guessed";

/// What the operator can't forge: the signature stays that of other words.
fn other_words(signed: &SignedSubmission) -> SignedSubmission {
    let (said, other) = (SAID.as_bytes(), OTHER.as_bytes());
    let mut bytes = signed.submission.to_vec();
    let at = bytes.windows(said.len()).position(|w| w == said).expect("what was said");
    bytes[at..at + said.len()].copy_from_slice(other);
    SignedSubmission { submission: bytes.into(), signature: signed.signature }
}

impl Stage {
    pub(crate) fn set() -> Self {
        let operator = Operator::open();
        let (alpha, beta) = (operator.member("alpha-reporter"), operator.member("beta-reporter"));
        let dir = tempfile::tempdir().unwrap();
        let mut stage = Self { operator, alpha, beta, dir, second: None, forged: None, months: 0 };
        stage.alpha_reports();
        stage.beta_reports();
        stage.operator.show(0);
        stage.look();
        stage.export("before");
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A month that nobody has reported.
    fn month(&mut self) -> String {
        self.months += 1;
        format!("2023-{:02}", self.months)
    }

    pub(crate) fn alpha_reports(&mut self) {
        let month = self.month();
        let said = ObservationReported { note: text(SAID), ..observation("flow", &month, "7") };
        self.operator.submit(&self.alpha, said);
    }

    pub(crate) fn beta_reports(&mut self) {
        let month = self.month();
        self.operator.submit(&self.beta, observation("stock", &month, "7"));
    }

    /// The operator says of a view what is not so, under the key that it has for what it says.
    pub(crate) fn lie_about_a_view(&mut self) {
        let operator = self.operator.member("operator-1");
        let view = VIEWS.iter().map(|view| view.id()).find(|id| id.name == "series").expect("a view");
        let size = Size::new(self.operator.entries(0).len() as u64);
        let digest = ViewDigest::from_bytes([9; 32]);
        let lie = ViewsRecorded { size, view: code(view.name), version: view.version, digest };
        self.operator.submit(&operator, lie);
        self.operator.show(0);
    }

    /// A second log from here on. Members go on with the first, until they are led to the other.
    pub(crate) fn fork(&mut self) -> LogNumber {
        let other = self.operator.copy(0);
        self.second = Some(other);
        other
    }

    /// Shows and answers from another log of the same submissions, but for a change.
    pub(crate) fn show_anew(&mut self, change: impl FnOnce(&mut Parts)) {
        let other = self.operator.record_anew(0, change);
        self.second = Some(other);
        self.operator.answer_from(other);
        self.operator.show(other);
    }

    /// Shows a log in which alpha says something else; what follows is linked to that, and signed by the log.
    pub(crate) fn show_other_words(&mut self) {
        let mut prev = ChainHash::NONE;
        let by_alpha = self.seq_of_alpha();
        let relink = |(bytes, seq): (Bytes, usize)| {
            let entry = Entry::parse(bytes).unwrap();
            let signed = if seq == by_alpha { other_words(&entry.signed()) } else { entry.signed() };
            let entry = Entry::new(entry.seq(), entry.recorded_at(), prev, &signed);
            prev = entry.chain_hash();
            entry.bytes().clone()
        };
        let entries: Vec<Bytes> = self.operator.entries(0).into_iter().zip(0..).map(relink).collect();
        let mirror = Mirror::of(&entries);
        let address: SocketAddr = mirror.url.strip_prefix("http://").unwrap().parse().unwrap();
        self.operator.show_files_at(address);
        self.forged = Some((mirror, entries));
    }

    /// Where alpha's first submission stands.
    pub(crate) fn seq_of_alpha(&self) -> usize {
        let is_alphas = |bytes| Entry::parse(bytes).unwrap().decode().unwrap().submission.key == self.alpha.key();
        self.operator.entries(0).into_iter().position(is_alphas).expect("its entry")
    }

    /// Puts beta's receipt where alpha's was.
    pub(crate) fn mix_up_receipts(&mut self) {
        let name = "00000000000000000001.tlog-proof";
        std::fs::copy(self.beta.outbox.join(name), self.alpha.outbox.join(name)).unwrap();
    }

    /// All logs that there are, true and forged.
    pub(crate) fn histories(&self) -> Vec<Vec<Bytes>> {
        let logs = (0..self.operator.logs()).map(|log| self.operator.entries(log));
        logs.chain(self.forged.iter().map(|(_, entries)| entries.clone())).collect()
    }

    fn export(&self, name: &str) -> String {
        let path = self.path(name).to_str().unwrap().to_owned();
        let output = self.hefu(&["log", "export", &path]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        path
    }

    /// The auditor's monitor looks, and remembers what it saw.
    pub(crate) fn look(&self) {
        self.passes("before", "monitor LOG --key KEY --state STATE --once");
    }

    /// Runs a command of the table.
    pub(crate) fn run(&self, command: &str) -> Output {
        let outbox = |member: &Member| member.outbox.to_str().unwrap().to_owned();
        let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        for word in &mut words {
            let (name, rest) = word.split_once('/').map_or((word.as_str(), None), |(name, rest)| (name, Some(rest)));
            let meant = match name {
                "LOG" => self.operator.url(),
                // Before the crime there is but one log.
                "MIRROR" => self.operator.url_of(self.second.unwrap_or_default()),
                "KEY" => log_key().to_string(),
                "ALPHA" => self.alpha.key().to_string(),
                "COPY" if self.second.is_none() => self.export("before"),
                "COPY" => self.export("copy"),
                "KEPT" => self.path("before/checkpoint").to_str().unwrap().to_owned(),
                "POLICY" => self.operator.policy().to_str().unwrap().to_owned(),
                "BETA.pem" => self.beta.outbox.with_extension("pem").to_str().unwrap().to_owned(),
                // For each log a folder of its own.
                "TABLES" => {
                    self.path(&format!("tables-{}", self.operator.entries(0).len())).to_str().unwrap().to_owned()
                }
                "STATE" => self.path("state").to_str().unwrap().to_owned(),
                "MINE" => outbox(&self.alpha),
                "THEIRS" => outbox(&self.beta),
                _ => continue,
            };
            let meant = rest.map_or(PathBuf::from(&meant), |rest| Path::new(&meant).join(rest));
            *word = meant.to_str().unwrap().to_owned();
        }
        self.hefu(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn hefu(&self, args: &[&str]) -> Output {
        let mut command = Command::new(program("hefu"));
        command.args(["--output", "json", "--patience", "10", "--server", &self.operator.address()]);
        command.args(args).output().expect("a program")
    }

    /// Holds that a command of the table finds nothing.
    pub(crate) fn passes(&self, crime: &str, command: &str) {
        let output = self.run(command);
        assert_eq!(output.status.code(), Some(0), "{crime}: {command}: {output:?}");
    }
}
