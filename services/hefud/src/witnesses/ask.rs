//! Asks one witness for a cosignature: C2SP tlog-witness, `add-checkpoint`, <https://c2sp.org/tlog-witness>.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, Uri};
use bytes::Bytes;
use hefu_journal::Journal;
use hefu_types::add_checkpoint::parse_size_body;
use hefu_types::{AddCheckpoint, NodeHash, NoteSignature, SignedCheckpoint, Size, VerifierKey, cosignature};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Trouble, WITNESS_ANSWER_BYTES_MAX, WITNESS_WAIT};

/// Where a witness takes checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address(Uri);

impl Address {
    /// The address below a submission prefix.
    pub(super) fn parse(prefix: &str) -> anyhow::Result<Self> {
        let uri: Uri = format!("{}/add-checkpoint", prefix.trim_end_matches('/'))
            .parse()
            .with_context(|| format!("{prefix} is no URL"))?;
        match (uri.scheme_str(), uri.host(), uri.query()) {
            (Some("http"), Some(_), None) => Ok(Self(uri)),
            (Some("https"), ..) => {
                bail!("{prefix}: TLS to witnesses is not supported yet; use http:// to a local proxy")
            }
            _ => bail!("{prefix} is not of the form http://host[:port][/path]"),
        }
    }
}

/// Asks witnesses over connections that are kept.
pub(super) struct Asker(Client<HttpConnector, Body>);

/// What a witness answered.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

/// What an answer means that speaks not against the log.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It cosigned; these should be the lines.
    Cosigned(Bytes),
    /// It has cosigned another size than was thought, and wants to be asked from there.
    Has(Size),
}

impl Answer {
    /// Reads what is answered to a checkpoint of size `new` with the right proof from size `old`.
    fn judge(self, old: Size, new: Size) -> Result<Verdict, Trouble> {
        match self.status {
            StatusCode::OK => Ok(Verdict::Cosigned(self.body)),
            StatusCode::UNPROCESSABLE_ENTITY => Err(Trouble::Forked(old)),
            StatusCode::CONFLICT => match parse_size_body(&self.body) {
                Some(theirs) if theirs > new => Err(Trouble::Ahead(theirs)),
                Some(theirs) if theirs != old => Ok(Verdict::Has(theirs)),
                // So it was said until July 2026 that another root of the same size is cosigned; many witnesses still do.
                _ if old == new => Err(Trouble::Forked(old)),
                _ => Err(silent("it names no other size in its answer 409")),
            },
            status => Err(silent(format!("it answers {status}"))),
        }
    }
}

fn silent(error: impl std::fmt::Display) -> Trouble {
    Trouble::Silent(error.to_string())
}

/// It took too long.
pub(super) fn late() -> Trouble {
    silent("it does not answer in time")
}

impl Asker {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(WITNESS_WAIT));
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// The witness's verified cosignature. `known` is the size that it is thought to have cosigned last; when it says another one
    /// it is asked once more.
    pub(super) async fn cosign(
        &self,
        (address, key): (&Address, &VerifierKey),
        journal: &Arc<Journal>,
        checkpoint: &SignedCheckpoint,
        known: Size,
    ) -> Result<NoteSignature, Trouble> {
        read(&self.converse(address, journal, checkpoint, known).await?, key, checkpoint)
    }

    /// What a witness answers that agrees.
    async fn converse(
        &self,
        address: &Address,
        journal: &Arc<Journal>,
        checkpoint: &SignedCheckpoint,
        known: Size,
    ) -> Result<Bytes, Trouble> {
        let size = checkpoint.checkpoint().size();
        let old = if known > size { Size::EMPTY } else { known };
        let verdict = match self.ask(address, journal, checkpoint, old).await?.judge(old, size)? {
            Verdict::Has(theirs) => self.ask(address, journal, checkpoint, theirs).await?.judge(theirs, size)?,
            cosigned @ Verdict::Cosigned(_) => cosigned,
        };
        match verdict {
            Verdict::Cosigned(body) => Ok(body),
            Verdict::Has(_) => Err(silent("it does not agree with itself about the size that it has")),
        }
    }

    async fn ask(
        &self,
        address: &Address,
        journal: &Arc<Journal>,
        checkpoint: &SignedCheckpoint,
        old: Size,
    ) -> Result<Answer, Trouble> {
        let proof = consistency(journal, old, checkpoint.checkpoint().size()).await?;
        let body = AddCheckpoint { old, proof, note: checkpoint.note().clone() }.to_bytes();
        self.post(address, body).await
    }

    async fn post(&self, address: &Address, body: Vec<u8>) -> Result<Answer, Trouble> {
        let request = Request::post(address.0.clone()).body(Body::from(body)).map_err(silent)?;
        let response = self.0.request(request).await.map_err(|e| unreachable(&e))?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), WITNESS_ANSWER_BYTES_MAX).await.map_err(silent)?;
        Ok(Answer { status, body })
    }
}

/// The innermost cause says most.
fn unreachable(error: &dyn std::error::Error) -> Trouble {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    silent(cause)
}

/// Reads on a thread that may wait for the disk.
async fn consistency(journal: &Arc<Journal>, old: Size, new: Size) -> Result<Vec<NodeHash>, Trouble> {
    let journal = Arc::clone(journal);
    let read = tokio::task::spawn_blocking(move || journal.consistency(old, new)).await;
    let proof = read.map_err(silent)?.map_err(silent)?;
    proof.ok_or_else(|| silent("there is no proof for the checkpoint"))
}

/// The witness's own line; lines of other keys are ignored.
fn read(body: &[u8], key: &VerifierKey, checkpoint: &SignedCheckpoint) -> Result<NoteSignature, Trouble> {
    let lines = str::from_utf8(body).map_err(silent)?;
    let lines = NoteSignature::parse_lines(lines).map_err(silent)?;
    let line = lines.into_iter().find(|line| line.is_by(key));
    let line = line.ok_or_else(|| silent("its answer holds no cosignature of its key"))?;
    let seen = cosignature::verify(checkpoint.body(), &line, key).map_err(|e| unreachable(&e))?;
    if seen.timestamp() == 0 { Err(silent("its cosignature carries no time")) } else { Ok(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_taken_and_the_path_kept() {
        let taken = |url: &str| Address::parse(url).map(|address| address.0.to_string()).map_err(|e| e.to_string());
        assert_eq!(taken("http://127.0.0.1:7410").as_deref(), Ok("http://127.0.0.1:7410/add-checkpoint"));
        assert_eq!(taken("http://w.example.org/a/").as_deref(), Ok("http://w.example.org/a/add-checkpoint"));
        assert!(taken("https://w.example.org").unwrap_err().contains("TLS"));
        for bad in ["w.example.org", "/a", "ftp://a", "http://", "http://a/?q=1"] {
            assert!(taken(bad).is_err(), "{bad}");
        }
    }

    fn judged(status: u16, body: &'static str, old: u64) -> Result<Verdict, Trouble> {
        let answer =
            Answer { status: StatusCode::from_u16(status).unwrap(), body: Bytes::from_static(body.as_bytes()) };
        answer.judge(Size::new(old), Size::new(9))
    }

    #[test]
    fn an_answer_is_a_cosignature_a_size_evidence_or_nothing() {
        let (forked, ahead) = (|size| Err(Trouble::Forked(Size::new(size))), Err(Trouble::Ahead(Size::new(10))));
        assert_eq!(judged(200, "line", 5), Ok(Verdict::Cosigned(Bytes::from_static(b"line"))));
        assert_eq!(judged(409, "7\n", 5), Ok(Verdict::Has(Size::new(7))));
        assert_eq!(judged(409, "0\n", 9), Ok(Verdict::Has(Size::EMPTY)));
        assert_eq!(judged(409, "10\n", 5), ahead);
        assert_eq!(judged(422, "", 5), forked(5));
        assert_eq!(judged(422, "", 9), forked(9));
        for same_size_other_root in ["", "9\n", "no size"] {
            assert_eq!(judged(409, same_size_other_root, 9), forked(9));
        }
        for (status, body) in [(409, ""), (409, "5\n"), (409, "no size"), (403, ""), (404, ""), (500, "")] {
            assert!(matches!(judged(status, body, 5), Err(Trouble::Silent(_))), "{status} {body:?}");
        }
    }
}
