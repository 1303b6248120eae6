//! What the log says about receipts that are open: its cosigned checkpoint, and the proofs that lead there.
//!
//! Nothing that comes is believed: it is verified, or it is evidence. One checkpoint is enough for all receipts that it is not
//! too small for, and one consistency proof for all that share a checkpoint.

use std::collections::BTreeMap;

use bytes::Bytes;
use hefu_proto::v1;
use hefu_types::{Checkpoint, Cosignature, NodeHash, Note, Policy, RootHash, SignedCheckpoint, Size, TlogProof};
use hefu_types::{receipt, tree};
use tokio::time::{Instant, timeout_at};
use tonic::{Response, Status};

use super::evidence::{self, Given};
use super::local::{self, Open};
use super::{Checked, Contradiction, State};
use crate::outbox::Kept;
use crate::{ClientError, Outbox, Server};

/// Checkpoints of one list that are looked at.
const CHECKPOINTS_MAX: u32 = 256;

/// Receipts under one checkpoint, by its log, size and root.
type Groups = BTreeMap<(String, Size, RootHash), Vec<Open>>;

/// The log, as far as it answers.
pub(super) struct Remote<'a> {
    server: &'a Server,
    policy: &'a Policy,
    until: Option<Instant>,
    /// It is asked no more.
    silent: bool,
    unanswered: Option<ClientError>,
}

/// What a server shows: signed by logs of the policy, of which the receipts' need not be the only one.
#[derive(Default)]
struct Shown(Vec<ShownCheckpoint>);

struct ShownCheckpoint {
    signed: SignedCheckpoint,
    /// By whom, if they are a quorum.
    cosigned: Option<Vec<Cosignature>>,
}

/// A proof that does not hold, and what it was to lead to.
struct Refuted<'a> {
    why: Contradiction,
    checkpoint: &'a SignedCheckpoint,
    proof: Option<Given>,
}

fn end(checkpoint: &Checkpoint) -> (Size, RootHash) {
    (checkpoint.size(), checkpoint.root())
}

impl<'a> Remote<'a> {
    pub(super) fn new(server: &'a Server, policy: &'a Policy, until: Option<Instant>) -> Self {
        Self { server, policy, until, silent: false, unanswered: None }
    }

    pub(super) fn into_unanswered(self) -> Option<ClientError> {
        self.unanswered
    }

    /// Settles what can be settled now.
    pub(super) async fn settle(&mut self, outbox: &Outbox, open: Vec<Open>) -> Result<Vec<Checked>, ClientError> {
        let mut groups = Groups::new();
        for open in open {
            let of = open.checkpoint.checkpoint();
            groups.entry((of.origin().to_owned(), of.size(), of.root())).or_default().push(open);
        }
        let shown = if groups.is_empty() { Shown::default() } else { self.shown(&groups).await };
        let mut found = vec![];
        for group in groups.into_values() {
            found.extend(self.settle_group(outbox, group, &shown).await?);
        }
        Ok(found)
    }

    /// Settles receipts that share a checkpoint.
    async fn settle_group(
        &mut self,
        outbox: &Outbox,
        group: Vec<Open>,
        shown: &Shown,
    ) -> Result<Vec<Checked>, ClientError> {
        let Some(of) = group.first().map(|open| open.checkpoint.checkpoint().clone()) else { return Ok(vec![]) };
        if let Some(checkpoint) = shown.other_tree(&of) {
            let refuted = Refuted { why: Contradiction::OtherTree, checkpoint, proof: None };
            return group.iter().map(|open| contradicted(outbox, open, &refuted)).collect();
        }
        let cosigned = shown.cosigned(of.origin()).filter(|(cosigned, _)| cosigned.checkpoint().size() >= of.size());
        let Some((cosigned, by)) = cosigned else { return Ok(group.into_iter().map(Open::pending).collect()) };
        match self.consistent(end(&of), cosigned).await {
            None => return Ok(group.into_iter().map(Open::pending).collect()),
            Some(Err(refuted)) => return group.iter().map(|open| contradicted(outbox, open, &refuted)).collect(),
            Some(Ok(())) => {}
        }
        let mut found = vec![];
        for open in group {
            found.push(match self.proved(outbox, &open, cosigned).await? {
                None => open.pending(),
                Some(Err(refuted)) => contradicted(outbox, &open, &refuted)?,
                Some(Ok(())) => open.is(State::Cosigned(by.to_vec())),
            });
        }
        Ok(found)
    }

    /// Asks, once; nothing when there is no answer.
    async fn ask<T>(&mut self, question: impl Future<Output = Result<Response<T>, Status>>) -> Option<T> {
        let until = self.until.unwrap_or_else(|| Instant::now() + self.server.retry().give_up_after);
        if self.silent || until <= Instant::now() {
            return None;
        }
        let late = |_| Err(Status::deadline_exceeded("silent until patience ran out"));
        let answer = timeout_at(until, question).await.unwrap_or_else(late).map_err(|status| self.server.error(status));
        answer
            .map_err(|error| {
                // What it refuses to prove it may prove of others; who is not there is not there for any of them.
                self.silent = matches!(error, ClientError::Unreachable { .. });
                self.unanswered.get_or_insert(error);
            })
            .ok()
            .map(Response::into_inner)
    }

    /// The latest checkpoint; if that is not cosigned, or of another log, those before it, too.
    async fn shown(&mut self, groups: &Groups) -> Shown {
        let (mut shown, mut proofs) = (Shown::default(), self.server.proofs());
        let latest = self.ask(proofs.get_checkpoint(v1::GetCheckpointRequest::default())).await;
        if let Some(latest) = latest.and_then(|answer| answer.checkpoint) {
            shown.add(&latest.note, self.policy);
            if shown.0.is_empty() {
                let foreign = "no log of the policy signed the checkpoint that it shows";
                self.unanswered.get_or_insert(ClientError::Protocol(foreign.into()));
            }
        }
        if groups.keys().any(|(origin, ..)| shown.cosigned(origin).is_none()) {
            let request = v1::ListCheckpointsRequest { size_max: 0, limit: CHECKPOINTS_MAX };
            let list = self.ask(proofs.list_checkpoints(request)).await;
            let list = list.into_iter().flat_map(|answer| answer.checkpoints).take(CHECKPOINTS_MAX as usize);
            list.for_each(|listed| shown.add(&listed.note, self.policy));
        }
        shown
    }

    /// Whether the cosigned tree begins with that of the receipts; nothing when nobody answers.
    async fn consistent<'c>(
        &mut self,
        old: (Size, RootHash),
        cosigned: &'c SignedCheckpoint,
    ) -> Option<Result<(), Refuted<'c>>> {
        let new = end(cosigned.checkpoint());
        if old == new {
            return Some(Ok(()));
        }
        let request = v1::GetConsistencyProofRequest { old_size: old.0.get(), new_size: new.0.get() };
        let mut proofs = self.server.proofs();
        let hashes = self.ask(proofs.get_consistency_proof(request)).await?.hashes;
        let holds = read(&hashes).is_some_and(|proof| tree::verify_consistency(old, new, &proof).is_ok());
        let proof = Some(Given { asked: format!("consistency {} {}", old.0, new.0), hashes });
        let why = Contradiction::Inconsistent;
        Some(if holds { Ok(()) } else { Err(Refuted { why, checkpoint: cosigned, proof }) })
    }

    /// Replaces a receipt by one under a cosigned checkpoint, if the log proves it; nothing when nobody answers.
    async fn proved<'c>(
        &mut self,
        outbox: &Outbox,
        open: &Open,
        cosigned: &'c SignedCheckpoint,
    ) -> Result<Option<Result<(), Refuted<'c>>>, ClientError> {
        // It was there a moment ago; if it is not any more, it is found damaged the next time.
        let Some(kept) = outbox.receipt(open.key_seq)? else { return Ok(None) };
        let (seq, size) = (kept.position.seq.get(), cosigned.checkpoint().size().get());
        let request = v1::GetInclusionProofRequest { seq, size };
        let mut proofs = self.server.proofs();
        let answer = self.ask(proofs.get_inclusion_proof(request)).await;
        let Some(v1::GetInclusionProofResponse { hashes, .. }) = answer else { return Ok(None) };
        match read(&hashes).and_then(|path| self.receipt(&kept, path, cosigned)) {
            Some(receipt) => {
                outbox.replace_receipt(open.key_seq, &receipt)?;
                Ok(Some(Ok(())))
            }
            None => {
                let proof = Some(Given { asked: format!("inclusion {seq} {size}"), hashes });
                Ok(Some(Err(Refuted { why: Contradiction::NotIncluded, checkpoint: cosigned, proof })))
            }
        }
    }

    /// The receipt with this path under the cosigned checkpoint, if that verifies as anybody verifies it.
    fn receipt(&self, kept: &Kept, path: Vec<NodeHash>, cosigned: &SignedCheckpoint) -> Option<TlogProof> {
        let before = local::read(kept)?;
        let extra = before.extra().map(<[u8]>::to_vec);
        let receipt = TlogProof::new(extra, before.index(), path, cosigned.note().clone()).ok()?;
        let holds = |log: &hefu_types::policy::PolicyLog| {
            receipt::verify(&receipt, &kept.signed.submission, &log.key, Some(self.policy)).is_ok()
        };
        self.policy.logs().iter().any(holds).then_some(receipt)
    }
}

impl Shown {
    /// What no log signed says nothing about any receipt.
    fn add(&mut self, note: &Bytes, policy: &Policy) {
        if let Some(signed) = Note::from_bytes(note).ok().and_then(|note| local::open(&note, policy)) {
            let cosigned = policy.check(&signed).ok();
            self.0.push(ShownCheckpoint { signed, cosigned });
        }
    }

    fn of(&self, origin: &str) -> impl Iterator<Item = &ShownCheckpoint> {
        self.0.iter().filter(move |shown| shown.signed.checkpoint().origin() == origin)
    }

    /// The newest of a log that a quorum cosigned.
    fn cosigned(&self, origin: &str) -> Option<(&SignedCheckpoint, &[Cosignature])> {
        let cosigned = self.of(origin).filter_map(|shown| Some((&shown.signed, shown.cosigned.as_deref()?)));
        cosigned.max_by_key(|(signed, _)| signed.checkpoint().size())
    }

    /// One of the same log and size, with another root.
    fn other_tree(&self, of: &Checkpoint) -> Option<&SignedCheckpoint> {
        let is_other = |shown: &&ShownCheckpoint| {
            let (size, root) = end(shown.signed.checkpoint());
            size == of.size() && root != of.root()
        };
        self.of(of.origin()).find(is_other).map(|shown| &shown.signed)
    }
}

fn read(hashes: &[Bytes]) -> Option<Vec<NodeHash>> {
    hashes.iter().map(|hash| NodeHash::from_slice(hash)).collect()
}

fn contradicted(outbox: &Outbox, open: &Open, refuted: &Refuted<'_>) -> Result<Checked, ClientError> {
    let Some(kept) = outbox.receipt(open.key_seq)? else { return Ok(open.is(State::Damaged)) };
    let evidence = evidence::keep(outbox, &kept, refuted.why, Some(refuted.checkpoint), refuted.proof.as_ref())?;
    Ok(open.is(State::Contradicted { why: refuted.why, evidence }))
}
