//! Work that goes on beside the requests until it is told to stop.

use core::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The running work.
pub(crate) struct Background {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts it. It ends by itself once what it is given changes. Needs a tokio runtime.
    pub(crate) fn start<W: Future<Output = ()> + Send + 'static>(
        work: impl FnOnce(watch::Receiver<bool>) -> W,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        Self { stop, task: tokio::spawn(work(stopping)) }
    }

    /// Tells it to stop and waits for it, at most so long. False when it had not ended by then.
    pub(crate) async fn stop(self, longest: Duration) -> bool {
        self.stop.send_replace(true);
        tokio::time::timeout(longest, self.task).await.is_ok()
    }
}
