//! The only place in the forwarder that waits, sends, receives and reads a clock.

use core::time::Duration;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Instant;

use super::worker::Worker;
use crate::command::MediaCommand;
use crate::connection::{Engine, RtcEngine};
use crate::media::EventSink;
use crate::moment::Moment;

/// What the handle sends to the thread.
pub(crate) enum Order {
    /// For the worker.
    Command(MediaCommand),
    /// End the thread.
    Stop,
}

/// How long to sleep in `recv` while somebody is connected. Timers are late by as much; shorter only burns power.
const BUSY: Duration = Duration::from_millis(4);
/// While nobody is. An order is followed by a datagram that wakes the thread; this is for when that one is lost.
const IDLE: Duration = Duration::from_millis(50);
/// Timers of connections and visits are looked at this often.
const TICK: Duration = Duration::from_millis(5);
/// Larger than any datagram of a browser (1,200 bytes) and of a jumbo frame.
const DATAGRAM: usize = 9_216;

/// Runs until it is told to stop or the handle is gone.
pub(crate) fn run(
    socket: &UdpSocket,
    advertised: &[SocketAddr],
    orders: &Receiver<Order>,
    events: &EventSink,
) {
    let clock = Clock::start();
    let started = clock.0;
    let advertised = advertised.to_vec();
    let make = move |now| Ok(Box::new(RtcEngine::new(started, now, &advertised)?) as Box<dyn Engine>);
    let mut worker = Worker::new(Box::new(make));
    let mut buffer = vec![0; DATAGRAM];
    let mut patience = Duration::ZERO;
    let mut ticked = Moment::START;
    loop {
        if !follow(orders, &mut worker, &clock) {
            return;
        }
        deliver(socket, &mut worker, events);
        let wanted = if worker.is_idle() { IDLE } else { BUSY };
        if patience != wanted && socket.set_read_timeout(Some(wanted)).is_ok() {
            patience = wanted;
        }
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) => worker.datagram(clock.now(), canonical(from), &buffer[..length]),
            Err(error) if is_quiet(&error) => {}
            Err(error) => tracing::warn!(kind = ?error.kind(), "receiving failed"),
        }
        let now = clock.now();
        if now.since(ticked) >= TICK {
            ticked = now;
            worker.tick(now);
        }
    }
}

/// Follows the orders that wait. False when the thread is to end.
fn follow(orders: &Receiver<Order>, worker: &mut Worker, clock: &Clock) -> bool {
    loop {
        match orders.try_recv() {
            Ok(Order::Command(command)) => worker.command(clock.now(), command),
            Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return false,
            Err(TryRecvError::Empty) => return true,
        }
    }
}

fn deliver(socket: &UdpSocket, worker: &mut Worker, events: &EventSink) {
    let both_families = socket.local_addr().is_ok_and(|local| local.is_ipv6());
    for datagram in worker.outbox() {
        let to = if both_families { mapped(datagram.to) } else { datagram.to };
        // A full send buffer or an unreachable browser: media is not worth waiting for, and DTLS repeats itself.
        if let Err(error) = socket.send_to(&datagram.bytes, to) {
            tracing::trace!(kind = ?error.kind(), "a datagram was not sent");
        }
    }
    for event in worker.events() {
        events(event);
    }
}

/// On a socket of both families IPv4 looks like `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2); candidates don't.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The other way round, for sending.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V6(_) => address,
    }
}

/// Nothing came in time, or an earlier datagram met a closed port (told by ICMP).
fn is_quiet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut
            | io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionRefused
    )
}

/// The thread's monotonic clock. Media runs on time that never jumps, which `domain::Clock` does not promise.
struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one monotonic clock of a media thread")]
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(&self) -> Moment {
        Moment::after_start(self.0.elapsed())
    }
}
