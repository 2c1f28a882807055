//! Takes connections, with TLS or without, within limits that slow and greedy clients meet first (OP2).
//!
//! A connection passes four gates, each with its own end to waiting: there must be a place for it (`admission`), its TLS
//! handshake, its first words (`connection`), and the headers of each request.

mod admission;
mod connection;
mod door;

use core::time::Duration;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;

use self::admission::Admission;
use self::door::Door;
use crate::config::{Config, Transport};

/// All headers of a request. Cookies and a long address take 2 KiB; more only fills memory.
const HEADER_BYTES: usize = 16 * 1024;
/// How long headers may take. Slower are attacks that hold connections open.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// How long a TLS handshake may take: three round trips of the slowest line, and a hundred times that.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Requests at once on one HTTP/2 connection. A page asks for two dozen files.
const STREAMS: u32 = 100;

/// A bound address, ready to serve.
pub(crate) struct Listener {
    server: Kind,
    handle: Handle<SocketAddr>,
}

enum Kind {
    Plain(Server<SocketAddr, Door<NoDelayAcceptor>>),
    Tls(Server<SocketAddr, Door<RustlsAcceptor<NoDelayAcceptor>>>),
}

impl Listener {
    /// Reads certificate and key, if TLS ends here.
    pub(crate) async fn new(socket: TcpListener, config: &Config) -> anyhow::Result<Self> {
        socket.set_nonblocking(true)?;
        let handle = Handle::new();
        let server = axum_server::from_tcp(socket)?.handle(handle.clone());
        let admission = Admission::trusting(&config.trusted_proxies);
        // Signalling is small messages in a row: with Nagle's algorithm the second waits 40 ms for an acknowledgement.
        let at_once = NoDelayAcceptor::new();
        let server = match &config.transport {
            Transport::Plain => Kind::Plain(limited(server.acceptor(Door::new(admission, at_once)))),
            Transport::Tls { certificate, key } => {
                let tls = tls(certificate, key).await?.acceptor(at_once);
                Kind::Tls(limited(server.acceptor(Door::new(admission, tls))))
            }
        };
        Ok(Self { server, handle })
    }

    /// Stops the server from elsewhere.
    pub(crate) fn handle(&self) -> Handle<SocketAddr> {
        self.handle.clone()
    }

    /// Answers until the handle says stop.
    pub(crate) async fn serve(self, router: Router) -> std::io::Result<()> {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        match self.server {
            Kind::Plain(server) => server.serve(service).await,
            Kind::Tls(server) => server.serve(service).await,
        }
    }
}

async fn tls(certificate: &Path, key: &Path) -> anyhow::Result<RustlsAcceptor> {
    // Err means that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tls = RustlsConfig::from_pem_file(certificate, key)
        .await
        .context("the TLS certificate or its key can't be used")?;
    Ok(RustlsAcceptor::new(tls).handshake_timeout(HANDSHAKE_WITHIN))
}

fn limited<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let builder: &mut Builder<TokioExecutor> = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN).max_buf_size(HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(20));
    server
}
