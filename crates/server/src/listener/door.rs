//! The way in: a connection without a place is dropped at once; one with a place goes on with it.

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::io;

use axum_server::accept::Accept;
use tokio::net::TcpStream;

use super::admission::Admission;
use super::connection::Connection;

/// How long a connection may say nothing before its first request. Browsers open some before they need them and open
/// others when those are gone; longer would only hold places for nobody.
const FIRST_WORDS_WITHIN: Duration = Duration::from_secs(10);

/// Admits connections, then leaves them to an inner acceptor, which may speak TLS.
#[derive(Debug, Clone)]
pub(super) struct Door<A> {
    admission: Admission,
    inner: A,
}

impl<A> Door<A> {
    pub(super) const fn new(admission: Admission, inner: A) -> Self {
        Self { admission, inner }
    }
}

/// What comes of a connection.
type Entering<Stream, Service> = Pin<Box<dyn Future<Output = io::Result<(Stream, Service)>> + Send>>;

impl<A, S> Accept<TcpStream, S> for Door<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Connection<A::Stream>;
    type Service = A::Service;
    type Future = Entering<Self::Stream, Self::Service>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().and_then(|peer| Ok(self.admission.admit(peer.ip())?));
        let entering = place.map(|place| (place, self.inner.accept(stream, service)));
        Box::pin(async move {
            let (place, inner) = entering?;
            let (stream, service) = inner.await?;
            Ok((Connection::new(stream, place, FIRST_WORDS_WITHIN), service))
        })
    }
}
