//! A log whose server has a policy with three witnesses, of whom two are enough.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use hefu_proto::v1;
use hefu_proto::v1::proof_service_client::ProofServiceClient;
use hefu_types::{Policy, SignedCheckpoint, SignedSubmission};
use hefud::Config;
use tempfile::TempDir;

use crate::TestServer;
use crate::server::{config, seed};
use crate::witness::{TestWitness, log_key, policy};
use crate::world::{World, observation};

/// Longer than any of this takes; whoever waits so long fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks again until there is something.
///
/// # Panics
/// When there is nothing for far too long.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, asking).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// The log, its settings and its witnesses.
pub struct Scene {
    /// Where everything is.
    pub dir: TempDir,
    /// For a server; `policy` names the witnesses.
    pub config: Config,
    /// What is recorded already.
    pub world: World,
    /// Named a, b and c.
    pub witnesses: [TestWitness; 3],
}

impl Scene {
    /// A log with a world's entries, and witnesses that are down.
    ///
    /// # Panics
    /// When a folder can't be made.
    pub async fn set() -> Self {
        Self::over(World::planned()).await
    }

    /// The same over other entries.
    ///
    /// # Panics
    /// When a folder can't be made.
    pub async fn over(world: World) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let witnesses = ["a", "b", "c"].map(|name| TestWitness::new(&format!("{name}.example.org")));
        let path = dir.path().join("policy");
        policy(&path, &witnesses);
        let config = Config { policy: Some(path), ..config(dir.path().join("data")) };
        let (seeding, seeded) = (config.clone(), world.clone());
        tokio::task::spawn_blocking(move || seed(&seeding, &seeded)).await.unwrap();
        Self { dir, config, world, witnesses }
    }

    /// The policy.
    ///
    /// # Panics
    /// Never: it was written here.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let path = self.config.policy.as_ref().expect("named");
        Policy::from_bytes(&std::fs::read(path).expect("a file")).expect("a policy")
    }

    /// Starts all three.
    pub async fn all_up(&mut self) {
        for witness in &mut self.witnesses {
            witness.up().await;
        }
    }

    /// Something to submit.
    pub fn next(&mut self, period: &str) -> SignedSubmission {
        self.world.signer("alpha-reporter").sign(vec![observation("stock", period, "840").into()])
    }

    /// Waits for the published checkpoint of a size that exactly these witnesses cosigned.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn cosigned(&self, server: &TestServer, size: u64, by: &[usize]) {
        let by: BTreeSet<String> = by.iter().map(|&n| self.witnesses[n].vkey.to_string()).collect();
        let address = format!("http://{}", server.server.address());
        let client = ProofServiceClient::connect(address).await.unwrap();
        let what = format!("a checkpoint of {size} with {} cosignatures", by.len());
        let ask = || {
            let (mut client, by) = (client.clone(), by.clone());
            async move {
                let answer = client.get_checkpoint(v1::GetCheckpointRequest::default()).await.unwrap().into_inner();
                let note = SignedCheckpoint::open(&answer.checkpoint.unwrap().note, &log_key()).unwrap();
                let found = note.cosignatures(self.witnesses.iter().map(|w| &w.vkey)).unwrap();
                let found: BTreeSet<String> = found.iter().map(|c| c.key().to_string()).collect();
                (note.checkpoint().size().get() == size && found == by).then_some(())
            }
        };
        until(&what, ask).await;
    }
}
