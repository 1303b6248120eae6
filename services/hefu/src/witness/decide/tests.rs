use hefu_types::checkpoint::SignedCheckpoint;
use hefu_types::note::NoteSigner;
use hefu_types::sign::Keypair;
use hefu_types::tree::{self, Edge};
use hefu_types::{NodeHash, Size};
use proptest::prelude::*;

use super::*;

const ORIGIN: &str = "example.org/log";

/// A log that can be asked for any of its trees; `other` makes another one from a position on.
struct Log {
    leaves: Vec<NodeHash>,
    signer: NoteSigner,
}

fn log(entries: u64, other_from: u64) -> Log {
    let entry = |n: u64| if n < other_from { n.to_string() } else { format!("other {n}") };
    let leaves = (0..entries).map(|n| tree::leaf(entry(n).as_bytes())).collect();
    Log { leaves, signer: signer(1) }
}

fn signer(seed: u8) -> NoteSigner {
    NoteSigner::new(ORIGIN, Keypair::from_seed(&[seed; 32])).unwrap()
}

fn node(leaves: &[NodeHash], node: tree::Node) -> NodeHash {
    let width = 1_usize << node.level;
    let begin = usize::try_from(node.index).unwrap() * width;
    match &leaves[begin..begin + width] {
        [leaf] => *leaf,
        below => {
            let halves = below.split_at(width / 2);
            let root = |half: &[NodeHash]| self::node(half, tree::Node { level: node.level - 1, index: 0 });
            tree::parent(root(halves.0), root(halves.1))
        }
    }
}

impl Log {
    fn checkpoint(&self, size: u64) -> Checkpoint {
        let mut edge = Edge::default();
        let count = usize::try_from(size).unwrap();
        self.leaves[..count].iter().for_each(|leaf| edge.push(*leaf, |_, _| ()));
        Checkpoint::new(ORIGIN, Size::new(size), edge.root()).unwrap()
    }

    fn proof(&self, old: u64, new: u64) -> Vec<NodeHash> {
        let mut read = |at| Ok::<_, std::convert::Infallible>(node(&self.leaves, at));
        tree::consistency(Size::new(old), Size::new(new), &mut read).unwrap().unwrap_or_default()
    }

    fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        let signed = SignedCheckpoint::sign(&self.checkpoint(new), &self.signer).unwrap();
        AddCheckpoint { old: Size::new(old), proof: self.proof(old, new), note: signed.note().clone() }
    }
}

fn decide(latest: Option<&Checkpoint>, body: &[u8]) -> u16 {
    let logs = Logs::new(&[signer(1).vkey().clone(), signer(2).vkey().clone()]);
    let offer = logs.read(body).and_then(|offer| offer.check(latest));
    offer.map_or_else(|rejection| rejection.status(), |()| 200)
}

fn signed_by(request: AddCheckpoint, signers: &[&NoteSigner]) -> AddCheckpoint {
    let text = request.note.text().to_owned();
    let lines = signers.iter().map(|signer| signer.sign_note(&text).unwrap()).collect();
    AddCheckpoint { note: Note::new(text, lines).unwrap(), ..request }
}

fn sized(size: u64, root: RootHash, signer: &NoteSigner) -> AddCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, Size::new(size), root).unwrap();
    let note = SignedCheckpoint::sign(&checkpoint, signer).unwrap().note().clone();
    AddCheckpoint { old: Size::EMPTY, proof: vec![], note }
}

#[test]
fn every_status_of_the_specification() {
    let (log, fork) = (log(20, 20), log(20, 3));
    let at = |size| Some(log.checkpoint(size));
    let hash = NodeHash::from_bytes([7; 32]);
    let padded = |request: AddCheckpoint| AddCheckpoint { proof: [request.proof, vec![hash]].concat(), ..request };
    let (unknown, second) = (signer(9), signer(2));
    let cases = [
        ("the first one", None, log.request(0, 7), 200),
        ("the next one", at(7), log.request(7, 20), 200),
        ("the same again", at(7), log.request(7, 7), 200),
        ("empty, first", None, log.request(0, 0), 200),
        ("empty again", at(0), log.request(0, 0), 200),
        ("after empty", at(0), log.request(0, 5), 200),
        ("signed by the log's other key", at(7), signed_by(log.request(7, 20), &[&second]), 200),
        (
            "an unknown signature beside a known one",
            at(7),
            signed_by(log.request(7, 20), &[&unknown, &log.signer]),
            200,
        ),
        ("old above new", at(7), AddCheckpoint { old: Size::new(8), ..log.request(7, 7) }, 400),
        ("old above new, and of another size", at(3), AddCheckpoint { old: Size::new(8), ..log.request(7, 7) }, 400),
        ("an unknown key", at(7), signed_by(log.request(7, 20), &[&unknown]), 403),
        ("behind", at(9), log.request(7, 20), 409),
        ("ahead", at(5), log.request(7, 20), 409),
        ("asked for its size", at(7), log.request(0, 20), 409),
        ("smaller than what it cosigned", at(7), log.request(0, 5), 409),
        ("never cosigned", None, log.request(7, 20), 409),
        ("a fork", at(7), fork.request(7, 20), 422),
        ("another root of the same size", at(7), fork.request(7, 7), 422),
        ("a proof too much", at(7), padded(log.request(7, 20)), 422),
        ("a proof where none is needed", None, padded(log.request(0, 20)), 422),
        ("a proof between equal sizes", at(7), padded(log.request(7, 7)), 422),
        ("no proof", at(7), AddCheckpoint { proof: vec![], ..log.request(7, 20) }, 422),
        ("empty with a root", None, sized(0, log.checkpoint(1).root(), &log.signer), 422),
    ];
    for (what, latest, request, status) in cases {
        assert_eq!(decide(latest.as_ref(), &request.to_bytes()), status, "{what}");
    }
}

#[test]
fn what_can_t_be_read_is_400_and_what_is_unknown_404() {
    let log = log(5, 5);
    let good = log.request(0, 5).to_string();
    let stranger = NoteSigner::new("example.org/other", Keypair::from_seed(&[1; 32])).unwrap();
    let elsewhere = Checkpoint::new("example.org/other", Size::new(5), log.checkpoint(5).root()).unwrap();
    let elsewhere = SignedCheckpoint::sign(&elsewhere, &stranger).unwrap().note().clone();
    let elsewhere = AddCheckpoint { old: Size::EMPTY, proof: vec![], note: elsewhere };
    assert_eq!(decide(None, elsewhere.to_string().as_bytes()), 404);
    assert_eq!(decide(None, good.as_bytes()), 200);
    for bad in ["", "old 0\n", &good.replacen("old 0", "old 00", 1), &good.replacen("\n\n", "\nAAAA\n\n", 1)] {
        assert_eq!(decide(None, bad.as_bytes()), 400, "{bad}");
    }
}

#[test]
fn a_wrong_signature_in_a_known_name_spoils_a_right_one() {
    let log = log(5, 5);
    let request = log.request(0, 5);
    let other = signer(2);
    let wrong = NoteSignature::new(ORIGIN, other.vkey().id(), &[0; 64]).unwrap();
    let lines = vec![request.note.signatures()[0].clone(), wrong];
    let spoiled = AddCheckpoint { note: Note::new(request.note.text().to_owned(), lines).unwrap(), ..request };
    assert_eq!(decide(None, &spoiled.to_bytes()), 403);
}

#[test]
fn only_known_signatures_are_kept() {
    let log = log(5, 5);
    let request = signed_by(log.request(0, 5), &[&signer(9), &log.signer]);
    let offer = Logs::new(&[log.signer.vkey().clone()]).read(&request.to_bytes()).unwrap();
    let witness = NoteSigner::cosigner("w", Keypair::from_seed(&[3; 32])).unwrap();
    let kept = offer.cosigned(witness.cosign(offer.body(), 1).unwrap()).unwrap();
    let by: Vec<_> = kept.signatures().iter().map(NoteSignature::id).collect();
    assert_eq!(by, [log.signer.vkey().id(), witness.vkey().id()]);
}

proptest! {
    /// Whatever is offered in whatever order, all that was ever cosigned is one history.
    #[test]
    fn what_was_cosigned_is_one_history(
        offers in prop::collection::vec((0_u64..12, 0_u64..12, any::<bool>(), any::<bool>()), 1..40),
    ) {
        let (log, fork) = (log(12, 12), log(12, 4));
        let mut latest: Option<Checkpoint> = None;
        for (old, new, forked, honest) in offers {
            // An honest log asks again with the size that it was told.
            let old = if honest { latest.as_ref().map_or(0, |last| last.size().get()) } else { old };
            let of = if forked { &fork } else { &log };
            let request = of.request(old, new);
            if decide(latest.as_ref(), &request.to_bytes()) == 200 {
                let (_, next) = AddCheckpoint::from_bytes(&request.to_bytes()).unwrap();
                if let Some(last) = &latest {
                    prop_assert!(last.size() <= next.size());
                    let kept = of.checkpoint(last.size().get());
                    prop_assert_eq!(kept.root(), last.root(), "the new tree begins with the old one");
                }
                latest = Some(next);
            }
        }
    }

    /// No bytes make it panic.
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(decide(None, &bytes), 400);
    }
}
