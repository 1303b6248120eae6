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

fn silent(error: impl std::fmt::Display) -> Trouble {
    Trouble::Silent(error.to_string())
}

impl Asker {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(WITNESS_WAIT));
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// The witness's verified cosignature, within [`WITNESS_WAIT`]. `known` is the size that it is thought to have cosigned
    /// last; when it says another one it is asked once more.
    pub(super) async fn cosign(
        &self,
        (address, key): (&Address, &VerifierKey),
        journal: &Arc<Journal>,
        checkpoint: &SignedCheckpoint,
        known: Size,
    ) -> Result<NoteSignature, Trouble> {
        let answer = tokio::time::timeout(WITNESS_WAIT, self.converse(address, journal, checkpoint, known)).await;
        let body = answer.map_err(|_| silent("it does not answer in time"))??;
        read(&body, key, checkpoint)
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
        let mut old = if known > size { Size::EMPTY } else { known };
        let mut answer = self.ask(address, journal, checkpoint, old).await?;
        if answer.status == StatusCode::CONFLICT {
            old = parse_size_body(&answer.body).ok_or_else(|| silent("it names no size in its answer 409"))?;
            if old > size {
                return Err(Trouble::Ahead(old));
            }
            answer = self.ask(address, journal, checkpoint, old).await?;
        }
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            // The proof was right for this log, and from the size that the witness has.
            StatusCode::UNPROCESSABLE_ENTITY => Err(Trouble::Forked(old)),
            status => Err(silent(format!("it answers {status}"))),
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
    // A seal is known a moment before the head moves, and nothing beyond the head is proved.
    journal.head().wait_for(|head| head.size >= new).await.map_err(silent)?;
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
}
