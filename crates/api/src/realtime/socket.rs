//! One browser's socket: reads, writes, pings, and ends in good order.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use curtain_domain::SessionId;
use curtain_protocol::{Envelope, Limits, PersonInVisit, RefusalCode, ServerMessage, decode, encode};
use curtain_signalling::{ConnectionId, Input};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;

use super::close_code::Closing;
use super::hub::Hub;
use super::line::{Frame, LineEnd, line};
use super::room_task::Mail;
use super::seats::Seat;

/// How long one write may take. A browser that takes nothing for so long has lost its network.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How long a closed socket is still read, so that what was written last is not lost in a reset (RFC 6455 §7.1.1).
const LINGER: Duration = Duration::from_secs(2);

/// Somebody whose socket was let in.
pub(crate) struct Guest {
    pub(crate) connection: ConnectionId,
    pub(crate) who: PersonInVisit,
    pub(crate) people: Vec<PersonInVisit>,
    pub(crate) reading: u64,
    pub(crate) mail: mpsc::Sender<Mail>,
    pub(crate) hub: Hub,
    pub(crate) session: SessionId,
    pub(crate) seat: Seat,
}

/// Serves the socket until either side ends it.
pub(crate) async fn serve(socket: WebSocket, guest: Guest) {
    let Guest { connection, who, people, reading, mail, hub, session, seat } = guest;
    let (room_end, LineEnd { mut frames, shared }) = line();
    let open = Mail::Open { connection, who, session, people, reading, line: room_end };
    if mail.send(open).await.is_err() {
        // The room ended in this very moment; the browser comes back to a new one.
        return;
    }
    let (mut sink, mut stream) = socket.split();
    let inner = hub.inner();
    let mut stopping = inner.stopping.subscribe();
    let broken = AtomicBool::new(false);
    let end = tokio::select! {
        () = shared.cut.notified() => End::Silent,
        _ = stopping.wait_for(|stops| *stops) => End::Say(Closing::ServerStops),
        end = write(&mut sink, &mut frames) => end,
        () = read(&mut stream, connection, &mail, &broken) => End::Silent,
    };
    // Fails only when the room has ended.
    let _ = mail.send(Mail::Input(Input::Disconnected { connection })).await;
    // A hub that closes waits for this.
    drop(stopping);
    if let End::Say(closing) = end {
        let goodbye = async {
            let _ = sink.send(Message::Close(Some(closing.frame()))).await;
            while let Some(Ok(_)) = stream.next().await {}
            if broken.load(Ordering::Relaxed) {
                // What can't be read any more stays in the kernel; closing over it would reset what we wrote.
                core::future::pending::<()>().await;
            }
        };
        let _ = tokio::time::timeout(LINGER, goodbye).await;
    }
    drop(seat);
}

/// How a socket ends.
enum End {
    /// It is gone, or not worth another byte.
    Silent,
    /// With a last frame.
    Say(Closing),
}

/// Writes what the room queues, pings for the server's sake and beats for the page's, which sees no pings.
async fn write(sink: &mut SplitSink<WebSocket, Message>, frames: &mut mpsc::Receiver<Frame>) -> End {
    let mut pings = tokio::time::interval(Limits::PING_EVERY);
    pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    pings.tick().await;
    let mut beats = tokio::time::interval(Limits::BEAT_EVERY);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    beats.tick().await;
    loop {
        let message = tokio::select! {
            frame = frames.recv() => match frame {
                Some(Frame::Text(text)) => Message::Text(text.into()),
                Some(Frame::Close(closing)) => return End::Say(closing),
                None => return End::Silent,
            },
            _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
            _ = beats.tick() => Message::Text(beat().into()),
        };
        match tokio::time::timeout(WRITE_WITHIN, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return End::Silent,
        }
    }
}

/// Says nothing but that the connection is alive.
fn beat() -> String {
    encode(&Envelope { seq: 0, message: ServerMessage::Beat {} })
}

/// Reads what the browser says, until it ends or has been silent for too long (pongs count). `broken` becomes true when
/// nothing more can be read although more may come.
async fn read(
    stream: &mut SplitStream<WebSocket>,
    connection: ConnectionId,
    mail: &mpsc::Sender<Mail>,
    broken: &AtomicBool,
) {
    while let Ok(Some(frame)) = tokio::time::timeout(Limits::DEAD_AFTER, stream.next()).await {
        let input = match frame {
            Ok(Message::Text(text)) => match decode(&text) {
                Ok(message) => Input::Message { connection, message },
                Err(malformed) => Input::Unreadable { connection, code: malformed.0 },
            },
            Ok(Message::Binary(_)) => Input::Unreadable { connection, code: RefusalCode::Malformed },
            // After a close frame the next read answers it and then ends.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => continue,
            Err(error) => match refusal_for(&error) {
                Some(code) => {
                    broken.store(true, Ordering::Relaxed);
                    Input::Unreadable { connection, code }
                }
                None => return,
            },
        };
        let unreadable = matches!(input, Input::Unreadable { .. });
        if mail.send(Mail::Input(input)).await.is_err() {
            return;
        }
        if unreadable {
            // Nothing more is heard from here; the room's refusal and close go out on the writing side.
            return core::future::pending().await;
        }
    }
}

/// What a broken frame is told, when it was the browser's fault and not the network's. The library's own type is out
/// of reach behind axum's, so its words must do.
fn refusal_for(error: &axum::Error) -> Option<RefusalCode> {
    let words = error.to_string();
    if words.contains("too long") {
        Some(RefusalCode::TooLarge)
    } else if words.contains("UTF-8") {
        Some(RefusalCode::Malformed)
    } else {
        None
    }
}
