//! What went wrong, how it is printed, and the exit code.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use hefu_client::ClientError;
use hefu_client::outbox::OutboxError;
use hefu_types::{Class, Reason, Refusal};

use crate::lang::{self, Lang, both, codes, reasons};
use crate::output::Word;

/// The exit codes, as `--help` prints them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, or a check failed
  2  the command line or an input file is wrong
  3  the server can't be reached, or nobody knows whether something was recorded: do the same again
  4  verification failed: the log or the export is not what it should be";

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Refused = 1,
    Usage = 2,
    Unreachable = 3,
    Broken = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it should.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) field: String,
    pub(crate) remedy: String,
    pub(crate) because: Vec<String>,
}

impl Failure {
    /// A failure under a code that docs/errors.md knows.
    pub(crate) fn new(exit: Exit, code: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        #[cfg(test)]
        assert!(crate::codes::is_known(code), "{code} stands in no table of codes");
        Self { exit, code, detail: detail.into(), field: String::new(), remedy: remedy.into(), because: vec![] }
    }

    /// The command line or an input file is wrong.
    pub(crate) fn usage(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", detail, remedy)
    }

    /// A file can't be read or written.
    pub(crate) fn file(path: &std::path::Path, source: &io::Error) -> Self {
        let failure = Self::new(
            Exit::Usage,
            "FILE_IO",
            both!("{} can't be used", "{} 无法使用", path.display()),
            both!("Check the path and its permissions.", "请检查路径和权限。"),
        );
        failure.because(source)
    }

    /// What the client library could not do.
    pub(crate) fn of(error: &ClientError) -> Self {
        let exit = match error {
            ClientError::Refused(refusal) => return Self::from(refusal.clone()),
            ClientError::Unreachable { .. } | ClientError::OutcomeUnknown { .. } => Exit::Unreachable,
            ClientError::Address(_) | ClientError::Tls(_) | ClientError::KeyFile(_) | ClientError::Policy(_) => {
                Exit::Usage
            }
            ClientError::LogBroken { .. }
            | ClientError::Receipt(_)
            | ClientError::Contradicted(_)
            | ClientError::Outbox(OutboxError::RolledBack { .. }) => Exit::Broken,
            ClientError::Outbox(_) | ClientError::Protocol(_) => Exit::Refused,
        };
        let failure = Self::new(exit, error.code(), error.to_string(), error.remedy());
        match error.source() {
            Some(source) => failure.because(source),
            None => failure,
        }
    }

    /// The same failure, in a file's contents.
    pub(crate) fn of_file(mut self, path: &std::path::Path) -> Self {
        self.detail = format!("{}: {}", path.display(), self.detail);
        self
    }

    pub(crate) fn because(mut self, source: &dyn Error) -> Self {
        let mut next = Some(source);
        while let Some(error) = next {
            let text = error.to_string();
            if !self.because.contains(&text) {
                self.because.push(text);
            }
            next = error.source();
        }
        self
    }

    /// In one line.
    pub(crate) fn said(&self) -> String {
        std::iter::once(&self.detail).chain(&self.because).cloned().collect::<Vec<_>>().join(": ")
    }

    /// Prints it on stderr. A closed stdout is no failure: the reader has seen enough.
    pub(crate) fn report(&self) -> ExitCode {
        if self.code != PIPE_CLOSED {
            eprint!("{}", self.text());
        }
        self.exit.into()
    }

    fn text(&self) -> String {
        match Lang::now() {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        let mut text = format!("error {}: {}\n", self.code, self.detail);
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("  {name:<8} {value}\n"));
            }
        };
        line("field", &self.field);
        line("because", &self.because.join(": "));
        line("do", &self.remedy);
        text
    }

    /// The code's Chinese sentence and remedy; the particulars, and a remedy that is said in English only, as they are.
    fn chinese(&self) -> String {
        let (cause, general) = codes::chinese(self.code).unwrap_or_default();
        let mut text = format!("错误 {}：{cause}\n", self.code);
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("  {name}  {value}\n"));
            }
        };
        let said = Reason::from_code(self.code).is_some_and(|reason| reason.remedy() == self.remedy);
        let (remedy, hint) = match () {
            () if said => (general, ""),
            () if lang::is_chinese(&self.remedy) => (self.remedy.as_str(), ""),
            () => (general, self.remedy.as_str()),
        };
        line("字段", &self.field);
        line("详情", &self.detail);
        line("原因", &self.because.join(": "));
        line("办法", remedy);
        line("提示", hint);
        text
    }
}

/// What to do about a refusal, for whoever writes flags and files instead of messages.
pub(crate) fn remedy(refusal: &Refusal) -> Word {
    let typed_here = !refusal.field.starts_with("events[");
    let (english, chinese) = match refusal.reason {
        Reason::DecimalInvalid if typed_here => (
            "Write it as 1234.5: digits and a point, no separators, no exponent, at most 12 decimals.",
            "请写成 1234.5：只用数字和小数点，不用千分位和指数，最多 12 位小数。",
        ),
        Reason::UnknownEnum if typed_here => ("Choose one of these values.", "请从这些值中选择。"),
        Reason::ObservationStands => (
            "Correct what stands with --supersedes auto --reason \"…\"; in a file, with the columns of these names.",
            "请用 --supersedes auto --reason \"…\" 更正现有观测值；在文件中则填写同名的列。",
        ),
        reason => (reason.remedy(), reasons::chinese(reason).1),
    };
    Word::new(english, Some(chinese))
}

/// Not printed, so in no table.
pub(crate) const PIPE_CLOSED: &str = "PIPE_CLOSED";

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let exit = match refusal.reason.class() {
            Class::Exhausted | Class::Unavailable | Class::Unknown => Exit::Unreachable,
            Class::Invalid
            | Class::Precondition
            | Class::Denied
            | Class::NotFound
            | Class::Conflict
            | Class::DataLoss => Exit::Refused,
        };
        let remedy = remedy(&refusal).said(Lang::now()).to_owned();
        let failure = Self::new(exit, refusal.reason.code(), refusal.detail.clone(), remedy);
        Self { field: refusal.field, ..failure }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::of(&error)
    }
}

impl From<hefu_client::keyfile::KeyFileError> for Failure {
    fn from(error: hefu_client::keyfile::KeyFileError) -> Self {
        ClientError::from(error).into()
    }
}

/// Writing to stdout, or starting up.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Done, PIPE_CLOSED, "", ""),
            _ => Self::new(Exit::Refused, "OUTPUT_IO", both!("stdout can't be written", "标准输出无法写入"), "")
                .because(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_prints_code_field_cause_and_remedy() {
        let refusal = Refusal::new(Reason::RoleMissing, "events[0]", "no role");
        let failure = Failure::from(refusal).because(&io::Error::other("deep down"));
        let text = failure.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..3], ["error ROLE_MISSING: no role", "  field    events[0]", "  because  deep down"]);
        assert!(lines[3].starts_with("  do       Ask an admin"));
    }

    #[test]
    fn in_chinese_the_particulars_stay_as_they_are() {
        let refusal = Refusal::new(Reason::RoleMissing, "events[0]", "no role");
        let text = Failure::from(refusal).chinese();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..3],
            ["错误 ROLE_MISSING：密钥没有该事件所需的角色。", "  字段  events[0]", "  详情  no role"]
        );
        assert_eq!(lines[3..], ["  办法  请本单位的管理密钥授予该角色，或换用其他密钥。"]);
        let text = Failure::usage("whose report?", "Give --key or --unit.").chinese();
        assert!(text.ends_with("用法。\n  提示  Give --key or --unit.\n"), "{text}");
        let text = Failure::usage("谁的报表？", "请给出 --key 或 --unit。").chinese();
        assert!(text.ends_with("  详情  谁的报表？\n  办法  请给出 --key 或 --unit。\n"), "{text}");
    }

    #[test]
    fn remedies_speak_of_flags() {
        let of = |reason, field: &str| Failure::from(Refusal::new(reason, field, "")).remedy;
        let stands = of(Reason::ObservationStands, "events[0].observation_reported.supersedes");
        assert!(stands.contains("--supersedes auto --reason"));
        assert!(of(Reason::DecimalInvalid, "value").contains("Write it as 1234.5"));
        assert!(!of(Reason::UnknownEnum, "status").contains(".proto"));
        assert_eq!(of(Reason::UnknownEnum, "events[0].kind"), Reason::UnknownEnum.remedy());
    }

    #[test]
    fn exit_codes_tell_refusals_from_silence() {
        let exit = |reason| Failure::from(Refusal::new(reason, "", "")).exit;
        assert_eq!(exit(Reason::KeySeqUsed), Exit::Refused);
        assert_eq!(exit(Reason::Overloaded), Exit::Unreachable);
        assert_eq!(exit(Reason::OutcomeUnknown), Exit::Unreachable);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit, Exit::Done);
        let broken = ClientError::LogBroken { seq: hefu_types::Seq::new(1), detail: String::new() };
        assert_eq!(Failure::from(broken).exit, Exit::Broken);
    }
}
