//! The handle: starts the media threads, gives them orders, stops them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use curtain_domain::VisitId;

use crate::command::{MediaCommand, MediaEvent};
use crate::error::MediaError;
use crate::thread::{Order, run};

/// Where events go. Called on a media thread: it must not block (put the event into a channel and return).
pub type EventSink = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// Where the forwarder listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaConfig {
    /// The address that browsers are told.
    pub address: IpAddr,
    /// An address of the other family, told besides: one candidate each for IPv4 and IPv6.
    pub second_address: Option<IpAddr>,
    /// The address to bind, when it is another one (behind a one-to-one NAT). `None` binds `address`, or every address
    /// of the machine when there is a second one.
    pub bind: Option<IpAddr>,
    /// UDP port of the first thread, the others follow on. 0 takes free ones.
    pub first_port: u16,
    /// How many threads. Visits are spread over them; one visit never uses two.
    pub threads: NonZeroUsize,
}

impl MediaConfig {
    /// A thread for each core, on free ports.
    pub fn on(address: IpAddr) -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { address, second_address: None, bind: None, first_port: 0, threads }
    }
}

/// The forwarder. Dropping it stops its threads and waits for them; browsers notice by silence.
pub struct Media {
    threads: Vec<Thread>,
}

struct Thread {
    port: u16,
    orders: Sender<Order>,
    /// Sends the datagram that wakes the thread, to `wake_at`.
    bell: UdpSocket,
    wake_at: SocketAddr,
    join: Option<JoinHandle<()>>,
}

impl Media {
    /// Binds the ports and starts the threads. Fails when a port is taken or the address isn't this machine's.
    pub fn start(config: &MediaConfig, events: EventSink) -> Result<Self, MediaError> {
        let threads = std::iter::repeat_n(events, config.threads.get())
            .enumerate()
            .map(|(index, events)| Thread::start(config, index, events))
            .collect::<Result<_, _>>()?;
        Ok(Self { threads })
    }

    /// Gives an order. Never blocks; orders of one visit are followed in their order.
    pub fn send(&self, command: MediaCommand) {
        self.thread_of(command.visit()).order(Order::Command(command));
    }

    /// The UDP port of each thread.
    pub fn ports(&self) -> Vec<u16> {
        self.threads.iter().map(|thread| thread.port).collect()
    }

    /// The low bytes of a visit's id are random, so visits spread evenly.
    fn thread_of(&self, visit: VisitId) -> &Thread {
        let low = visit.as_bytes().iter().rev().take(8).fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let count = self.threads.len() as u64;
        &self.threads[usize::try_from(low % count).unwrap_or_default()]
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        for thread in &self.threads {
            thread.order(Order::Stop);
        }
        for thread in &mut self.threads {
            if thread.join.take().is_some_and(|join| join.join().is_err()) {
                tracing::error!("a media thread had panicked");
            }
        }
    }
}

impl Thread {
    fn start(config: &MediaConfig, index: usize, events: EventSink) -> Result<Self, MediaError> {
        let port = match config.first_port {
            0 => 0,
            first => u16::try_from(usize::from(first) + index).map_err(|_| MediaError::NoPorts)?,
        };
        let all = config.second_address.map(|_| IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        let bind = config.bind.or(all).unwrap_or(config.address);
        let socket = UdpSocket::bind((bind, port)).map_err(MediaError::Bind)?;
        let bound = socket.local_addr().map_err(MediaError::Bind)?;
        let wake_at = if bind.is_unspecified() { loopback(bound) } else { bound };
        let bell = UdpSocket::bind((wake_at.ip(), 0)).map_err(MediaError::Bind)?;
        let told = [Some(config.address), config.second_address].into_iter().flatten();
        let advertised: Vec<_> = told.map(|ip| SocketAddr::new(ip, bound.port())).collect();
        let (orders, inbox) = channel();
        let join = thread::Builder::new()
            .name(format!("media-{index}"))
            .spawn(move || run(&socket, &advertised, &inbox, &events))
            .map_err(MediaError::Spawn)?;
        Ok(Self { port: bound.port(), orders, bell, wake_at, join: Some(join) })
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            tracing::error!("a media thread is gone");
        }
        // Any datagram ends the thread's sleep; what it says does not matter.
        if let Err(error) = self.bell.send_to(&[0], self.wake_at) {
            tracing::trace!(kind = ?error.kind(), "the bell did not ring");
        }
    }
}

fn loopback(bound: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match bound {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, bound.port())
}
