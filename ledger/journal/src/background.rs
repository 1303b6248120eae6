//! Threads whose work can wait.

/// How far behind: a tenth of the time that the others get, when there is not enough for all.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lets all other threads of the machine go first, from now on, when there is more to do than the cores can: submissions are
/// answered before views, snapshots and their checks go on. Without effect where a thread has no niceness of its own.
pub fn work_behind_others() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}
