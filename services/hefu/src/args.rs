//! Arguments that several commands take.

use std::path::Path;
use std::str::FromStr;

use hefu_client::ClientError;
use hefu_client::keyfile::{self, KeyFile};
use hefu_proto::v1;
use hefu_types::{EventRef, Millis, Policy, PublicKey, SubmissionHash, VerifierKey};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::lang::both;

/// A public key: 64 hex digits, or the path of a file that holds it as hex or PEM, or of an unencrypted private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyArg(pub(crate) PublicKey);

impl FromStr for KeyArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(key) = keyfile::parse_public(text) {
            return Ok(Self(key));
        }
        let path = Path::new(text);
        let Ok(content) = std::fs::read_to_string(path) else {
            return Err("neither 64 hex digits nor a file with a key".into());
        };
        match (keyfile::parse_public(&content), keyfile::read(path)) {
            (Some(key), _) => Ok(Self(key)),
            (None, Ok(KeyFile::Plain(keys))) => Ok(Self(keys.public())),
            (None, Ok(KeyFile::Encrypted(_))) => {
                Err("an encrypted key: give what `hefu key show` prints for it".into())
            }
            (None, Err(error)) => Err(error.to_string()),
        }
    }
}

/// A tlog-policy file.
pub(crate) fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let bytes = std::fs::read(path).map_err(|e| Failure::file(path, &e))?;
    let remedy = both!(
        "Write it as C2SP tlog-policy says: log, witness, group and quorum lines.",
        "请按 C2SP tlog-policy 书写：log、witness、group 和 quorum 各行。"
    );
    Policy::from_bytes(&bytes)
        .map_err(|e| Failure::usage(format!("{} is no policy", path.display()), remedy).because(&e))
}

/// A tlog-policy file that names the log, too.
pub(crate) fn read_log_policy(path: &Path) -> Result<Policy, Failure> {
    let policy = read_policy(path)?;
    if policy.logs().is_empty() {
        let error = ClientError::Policy(format!("{} has no `log` line: whose checkpoints are meant?", path.display()));
        return Err(error.into());
    }
    Ok(policy)
}

/// A log's checkpoint key.
pub(crate) fn log_key(text: &str) -> Result<VerifierKey, String> {
    let key = text.parse::<VerifierKey>().ok().filter(VerifierKey::is_log_key);
    key.ok_or_else(|| "a checkpoint key is `name+hash+base64`, as `hefud init` prints it".to_owned())
}

/// A moment of the ledger: a seq, a time in RFC 3339, or a date, which means its end in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MomentArg(v1::as_of::Moment);

impl MomentArg {
    pub(crate) const fn as_of(self) -> v1::AsOf {
        v1::AsOf { moment: Some(self.0) }
    }
}

impl FromStr for MomentArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seq) = text.parse() {
            return Ok(Self(v1::as_of::Moment::Seq(seq)));
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Ok(Self(v1::as_of::Moment::Time(time.as_millisecond())));
        }
        match text.parse::<Date>().and_then(Date::tomorrow).and_then(midnight) {
            Ok(next) => Ok(Self(v1::as_of::Moment::Time(next.as_millisecond() - 1))),
            Err(_) => {
                Err("neither a seq, nor a time such as 2024-07-15T12:00:00Z, nor a date such as 2024-07-15".into())
            }
        }
    }
}

/// The beginning of a day, UTC.
fn midnight(day: Date) -> Result<Timestamp, jiff::Error> {
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

fn time_or(text: &str, of_date: impl Fn(Date) -> Result<Timestamp, jiff::Error>) -> Result<Millis, String> {
    let time = text.parse::<Timestamp>().or_else(|_| text.parse::<Date>().and_then(of_date));
    let time = time.map_err(|_| "neither a time such as 2024-07-15T12:00:00+08:00, nor a date such as 2024-07-15")?;
    Ok(Millis::new(time.as_millisecond()))
}

/// A time from which on something holds: a time in RFC 3339, or a date, which means its beginning in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayStart(pub(crate) Millis);

impl FromStr for DayStart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        time_or(text, midnight).map(Self)
    }
}

/// A time until which something holds: a time in RFC 3339, or a date, which means the beginning of the next day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayEnd(pub(crate) Millis);

impl FromStr for DayEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        time_or(text, |day| midnight(day.tomorrow()?)).map(Self)
    }
}

/// The moment that a question is about, and what it must have seen.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct AsOfArgs {
    /// The moment: a seq, a time (RFC 3339) or a date (its end, UTC); the present without it.
    #[arg(long, value_name = "SEQ|TIME|DATE")]
    pub(crate) as_of: Option<MomentArg>,
    /// Wait until the view has applied this seq, such as that of your own submission.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(crate) min_seq: u64,
}

impl AsOfArgs {
    pub(crate) fn moment(&self) -> Option<v1::AsOf> {
        self.as_of.map(MomentArg::as_of)
    }
}

/// A standing observation: the one that stands now, or a certain event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandingArg {
    /// Whatever stands.
    Auto,
    /// This event.
    Event(SubmissionHash, u32),
}

impl StandingArg {
    pub(crate) const fn event(hash: SubmissionHash, index: u32) -> EventRef {
        EventRef { submission_hash: Some(hash), index }
    }
}

impl FromStr for StandingArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "neither `auto` nor an event such as 9f…/0: submission hash and index".to_owned();
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let (hash, index) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self::Event(hash.parse().map_err(|_| wrong())?, index.parse().map_err(|_| wrong())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_seq_a_time_or_the_end_of_a_day() {
        let moment = |text: &str| text.parse::<MomentArg>().map(|m| m.0);
        assert_eq!(moment("2024"), Ok(v1::as_of::Moment::Seq(2024)));
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(v1::as_of::Moment::Time(1_000)));
        assert_eq!(moment("1970-01-01T08:00:01+08:00"), Ok(v1::as_of::Moment::Time(1_000)));
        assert_eq!(moment("1970-01-02"), Ok(v1::as_of::Moment::Time(2 * 86_400_000 - 1)));
        for bad in ["", "soon", "2024-13-01", "-1"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        let (start, end) =
            (|text: &str| text.parse().map(|DayStart(t)| t.get()), |text: &str| text.parse().map(|DayEnd(t)| t.get()));
        assert_eq!([start("1970-01-02"), end("1970-01-02")], [Ok(86_400_000), Ok(2 * 86_400_000)]);
        assert_eq!([start("1970-01-01T08:00:01+08:00"), end("1970-01-01T00:00:01Z")], [Ok(1_000), Ok(1_000)]);
        for bad in ["", "soon", "2024-13-01", "7"] {
            assert!(start(bad).is_err() && end(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_event_is_a_hash_and_an_index() {
        let hash = "9f".repeat(32);
        let expected = StandingArg::Event(hash.parse().unwrap(), 3);
        assert_eq!(format!("{hash}/3").parse(), Ok(expected));
        assert_eq!("auto".parse(), Ok(StandingArg::Auto));
        for bad in ["", "9f/0", &hash, &format!("{hash}/x")] {
            assert!(bad.parse::<StandingArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_hex_or_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keyfile::generate();
        let key = keys.public();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("key.pub"), keyfile::public_pem(&key)).unwrap();
        keyfile::create(&at("key.pem"), &keys, None).unwrap();
        keyfile::create(&at("secret.pem"), &keys, Some("tally")).unwrap();
        let parse = |text: &Path| text.to_str().unwrap().parse::<KeyArg>();
        assert_eq!(key.to_string().parse(), Ok(KeyArg(key)));
        assert_eq!([parse(&at("key.pub")), parse(&at("key.pem"))], [Ok(KeyArg(key)), Ok(KeyArg(key))]);
        assert!(parse(&at("secret.pem")).unwrap_err().contains("hefu key show"));
        assert!(parse(Path::new("nowhere")).is_err());
    }
}
