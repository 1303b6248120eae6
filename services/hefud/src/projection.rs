//! How views follow the log: one thread, behind the durable head, never in the way of writers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hefu_journal::{Journal, RocksRows, work_behind_others};
use hefu_types::{DecodedEntry, Entry, Reason, Refusal, Size};
use hefu_views::{Cursor, Projector, Rebuild as _, RowStore, VIEWS, View, ViewId, engine};
use tokio::sync::{oneshot, watch};

/// Entries applied in one commit of a view.
const BATCH_ENTRIES: usize = 1_024;
/// Bytes of entries read back for one commit.
const BATCH_BYTES: usize = 4 << 20;
/// How long after it began to apply entries the thread waits before it looks for more: what comes by then is one commit. An
/// entry after a quiet moment is applied at once.
const PAUSE: Duration = Duration::from_millis(10);
/// Batches that a view which is being rebuilt takes for each one that the others take: it shall come to an end while entries
/// are being written.
const REBUILT_BATCHES: usize = 4;
/// How long the thread sleeps when nobody wakes it.
const IDLE: Duration = Duration::from_millis(200);

/// What the thread is told.
enum Order {
    /// The head moved. One at a time waits to be seen.
    Wake,
    /// Build a view again.
    Rebuild(Rebuilding),
    /// Stop.
    Stop,
}

/// A view that is built again, beside the one that is read.
struct Rebuilding {
    view: &'static dyn View,
    reply: oneshot::Sender<Result<Cursor, Refusal>>,
}

/// What is told each entry as it comes.
pub type Tell = Box<dyn Fn(&DecodedEntry) + Send>;

/// The views of a running server.
pub struct Projection {
    rows: Arc<RocksRows>,
    applied: watch::Receiver<Size>,
    rebuilt: watch::Receiver<Option<(ViewId, Size)>>,
    orders: Sender<Order>,
    /// Readers hold it for a query, the thread holds it alone while a rebuilt view takes over.
    gate: Arc<RwLock<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Projection {
    /// Starts to follow the journal from wherever each view stands.
    ///
    /// # Errors
    /// When the rows can't be read or the thread can't be started.
    pub fn start(journal: Arc<Journal>, rows: Arc<RocksRows>) -> anyhow::Result<Self> {
        Self::telling(journal, rows, Box::new(|_| ()))
    }

    /// The same; tells each entry before any view applies it, and after a restart perhaps once more.
    ///
    /// # Errors
    /// When the rows can't be read or the thread can't be started.
    pub fn telling(journal: Arc<Journal>, rows: Arc<RocksRows>, tell: Tell) -> anyhow::Result<Self> {
        let (publish, applied) = watch::channel(engine::applied(&*rows)?);
        let (publish_rebuilt, rebuilt) = watch::channel(None);
        let (orders, received) = channel();
        let gate = Arc::new(RwLock::new(()));
        let woken = Arc::new(AtomicBool::new(false));
        wake_on_new_entries(&journal, orders.clone(), Arc::clone(&woken));
        let follower = Follower {
            journal,
            rows: Arc::clone(&rows),
            publish,
            publish_rebuilt,
            orders: received,
            woken,
            gate: Arc::clone(&gate),
            rebuilding: VecDeque::new(),
            has_caught_up: false,
            tell,
        };
        let thread = std::thread::Builder::new().name("projection".into()).spawn(|| follower.run())?;
        Ok(Self { rows, applied, rebuilt, orders, gate, thread: Some(thread) })
    }

    /// The size that every view has applied, and its changes.
    #[must_use]
    pub fn applied(&self) -> watch::Receiver<Size> {
        self.applied.clone()
    }

    /// The view that is being rebuilt, and the size that it has applied so far.
    #[must_use]
    pub fn rebuilt(&self) -> Option<(ViewId, Size)> {
        *self.rebuilt.borrow()
    }

    /// The rows, for the length of one query.
    pub fn read(&self) -> (RwLockReadGuard<'_, ()>, &dyn RowStore) {
        (self.gate.read().unwrap_or_else(PoisonError::into_inner), &*self.rows)
    }

    /// Builds a view again, from the first entry on, beside the one that is read, which it replaces when it has applied all entries.
    ///
    /// # Errors
    /// `VIEW_UNKNOWN`; `SHUTTING_DOWN`; a failure of the store.
    pub async fn rebuild(&self, name: &str) -> Result<Cursor, Refusal> {
        let unknown = || Refusal::new(Reason::ViewUnknown, "name", format!("no view {name}"));
        let view = VIEWS.iter().find(|view| view.id().name == name).ok_or_else(unknown)?;
        let (reply, done) = oneshot::channel();
        let stopping = || Refusal::new(Reason::ShuttingDown, "", "the server is stopping");
        self.orders.send(Order::Rebuild(Rebuilding { view: *view, reply })).map_err(|_| stopping())?;
        done.await.unwrap_or_else(|_| Err(stopping()))
    }
}

impl Drop for Projection {
    fn drop(&mut self) {
        // The thread may have stopped by itself; then there is nobody to tell.
        let _gone = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _outcome = thread.join();
        }
    }
}

fn wake_on_new_entries(journal: &Journal, orders: Sender<Order>, woken: Arc<AtomicBool>) {
    let mut tip = journal.tip();
    tokio::spawn(async move {
        while tip.changed().await.is_ok() {
            if !woken.swap(true, Ordering::AcqRel) && orders.send(Order::Wake).is_err() {
                return;
            }
        }
    });
}

/// Everything below belongs to the projection's thread.
struct Follower {
    journal: Arc<Journal>,
    rows: Arc<RocksRows>,
    publish: watch::Sender<Size>,
    publish_rebuilt: watch::Sender<Option<(ViewId, Size)>>,
    orders: Receiver<Order>,
    /// A wake waits to be seen.
    woken: Arc<AtomicBool>,
    gate: Arc<RwLock<()>>,
    /// The first is under way.
    rebuilding: VecDeque<Rebuilding>,
    /// Once, since the start.
    has_caught_up: bool,
    tell: Tell,
}

impl Follower {
    fn run(mut self) {
        work_behind_others();
        loop {
            let began = Instant::now();
            self.woken.store(false, Ordering::Release);
            let followed = self.catch_up();
            if matches!(followed, Ok(false)) && !std::mem::replace(&mut self.has_caught_up, true) {
                self.drop_earlier_versions();
            }
            let more = followed.unwrap_or_else(|refusal| {
                tracing::error!(%refusal, "views can't follow the log");
                false
            });
            let more = self.build() || more;
            match self.orders.recv_timeout(if more { Duration::ZERO } else { IDLE }) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Wake) if more => {}
                Ok(Order::Wake) => std::thread::sleep(PAUSE.saturating_sub(began.elapsed())),
                Ok(Order::Rebuild(rebuilding)) => self.begin(rebuilding),
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn projector(&self) -> Projector<'_> {
        Projector::new(&*self.rows)
    }

    /// Applies a batch to every view, and says whether there was one.
    fn catch_up(&self) -> Result<bool, Refusal> {
        let applied = engine::applied(&*self.rows).map_err(failed)?;
        self.publish.send_if_modified(|published| std::mem::replace(published, applied) != applied);
        let batch = self.batch(applied)?;
        batch.iter().for_each(&self.tell);
        self.projector().apply_all(&batch).map_err(failed)?;
        Ok(!batch.is_empty())
    }

    fn batch(&self, from: Size) -> Result<Vec<DecodedEntry>, Refusal> {
        let recent = self.journal.take_recent(from, BATCH_ENTRIES);
        if !recent.is_empty() {
            return Ok(recent);
        }
        self.stored(from)
    }

    fn stored(&self, from: Size) -> Result<Vec<DecodedEntry>, Refusal> {
        let bytes = self.journal.read(from.next_seq(), BATCH_ENTRIES, BATCH_BYTES).map_err(failed)?;
        bytes.into_iter().map(|bytes| Entry::parse(bytes).map_err(failed)?.decode()).collect()
    }

    /// What an earlier version of this program made of the log: these views have replaced it.
    fn drop_earlier_versions(&self) {
        if let Err(error) = self.rows.drop_earlier_versions() {
            tracing::error!(%error, "rows of earlier versions of the views stay");
        }
    }

    /// From the first entry on, whatever was left of an earlier attempt.
    fn begin(&mut self, rebuilding: Rebuilding) {
        match self.rows.beside().drop_view(&rebuilding.view.id()) {
            Ok(()) => self.rebuilding.push_back(rebuilding),
            Err(error) => drop(rebuilding.reply.send(Err(failed(error)))),
        }
    }

    /// Goes on with the view that is being rebuilt, and says whether there is one.
    fn build(&mut self) -> bool {
        let Some(rebuilding) = self.rebuilding.front() else { return false };
        let view = rebuilding.view;
        match self.build_on(view) {
            Ok(None) => return true,
            outcome => {
                self.publish_rebuilt.send_replace(None);
                let rebuilding = self.rebuilding.pop_front().expect("the first");
                // Whoever asked may be gone.
                let _told = rebuilding.reply.send(outcome.map(|cursor| cursor.expect("an end")));
            }
        }
        !self.rebuilding.is_empty()
    }

    /// The cursor, once it has taken over.
    fn build_on(&self, view: &'static dyn View) -> Result<Option<Cursor>, Refusal> {
        let beside = self.rows.beside();
        let projector = Projector::new(&*beside);
        for _ in 0..REBUILT_BATCHES {
            let cursor = projector.cursor(view).map_err(failed)?;
            let batch = self.stored(cursor.size())?;
            if !batch.is_empty() {
                let cursor = projector.apply(view, &batch).map_err(failed)?;
                self.publish_rebuilt.send_replace(Some((view.id(), cursor.size())));
                continue;
            }
            let _alone = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            self.rows.take_over(&view.id()).map_err(failed)?;
            tracing::info!(view = view.id().name, size = %cursor.size(), "view rebuilt");
            return Ok(Some(cursor));
        }
        Ok(None)
    }
}

fn failed(e: impl std::error::Error) -> Refusal {
    Refusal::new(Reason::StorageDamaged, "", e.to_string())
}
