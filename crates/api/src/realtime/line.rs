//! The room's end of a socket: a bounded queue, and a knife for readers that don't keep up.

use std::sync::Arc;

use curtain_protocol::Limits;
use tokio::sync::{Notify, mpsc};

use super::close_code::Closing;

/// Frames that wait for a browser. A resume queues all that was missed at once; beyond that, whoever is `SEND_QUEUE`
/// messages behind is too slow.
const QUEUE: usize = Limits::RESUME_MESSAGES + Limits::SEND_QUEUE;

/// What a socket has to write.
#[derive(Debug)]
pub(crate) enum Frame {
    /// One message.
    Text(String),
    /// The last thing that is written.
    Close(Closing),
}

/// The room's end.
#[derive(Debug)]
pub(crate) struct Line {
    frames: mpsc::Sender<Frame>,
    shared: Arc<Shared>,
}

/// The socket's end.
#[derive(Debug)]
pub(crate) struct LineEnd {
    pub(crate) frames: mpsc::Receiver<Frame>,
    pub(crate) shared: Arc<Shared>,
}

/// What both ends see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Rung when the socket must end without writing any more.
    pub(crate) cut: Notify,
}

/// The queue is full: the browser doesn't read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlowReader;

/// Both ends of a new line.
pub(crate) fn line() -> (Line, LineEnd) {
    let (sender, frames) = mpsc::channel(QUEUE);
    let shared = Arc::new(Shared::default());
    (Line { frames: sender, shared: Arc::clone(&shared) }, LineEnd { frames, shared })
}

impl Line {
    /// Queues a frame. Never waits: one slow browser must not hold up a visit.
    pub(crate) fn send(&self, frame: Frame) -> Result<(), SlowReader> {
        match self.frames.try_send(frame) {
            // A closed queue means that the socket ended by itself; the room hears of it in its own way.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.shared.cut.notify_one();
                Err(SlowReader)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_does_not_keep_up_is_cut_off() {
        let (line, end) = line();
        for _ in 0..QUEUE {
            assert_eq!(line.send(Frame::Text(String::new())), Ok(()));
        }
        assert_eq!(line.send(Frame::Text(String::new())), Err(SlowReader));
        end.shared.cut.notified().await;
    }

    #[test]
    fn writing_to_a_socket_that_has_ended_is_no_error() {
        let (line, end) = line();
        drop(end);
        assert_eq!(line.send(Frame::Text(String::new())), Ok(()));
    }
}
