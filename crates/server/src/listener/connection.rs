//! One admitted connection: holds its place for as long as it lives, and must say its first words in time.
//!
//! hyper's own clocks start once it knows whether HTTP/1.1 or HTTP/2 is spoken. Until then a client that says nothing, or
//! a part of HTTP/2's preface, would wait for ever.

use core::future::Future as _;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::admission::Place;

/// With what each HTTP/2 connection begins (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream and its place.
pub(super) struct Connection<S> {
    stream: S,
    /// None once it has said enough.
    opening: Option<Opening>,
    _place: Place,
}

/// A connection that has not yet said which HTTP it speaks.
struct Opening {
    /// Bytes of the preface that came.
    heard: usize,
    over: Pin<Box<Sleep>>,
}

impl<S> Connection<S> {
    /// Its time for the first words begins now.
    pub(super) fn new(stream: S, place: Place, first_words_within: Duration) -> Self {
        let over = Box::pin(tokio::time::sleep(first_words_within));
        Self { stream, opening: Some(Opening { heard: 0, over }), _place: place }
    }
}

impl Opening {
    /// Whether it is clear now what is spoken: anything but the preface is HTTP/1.1.
    fn is_over_with(&mut self, bytes: &[u8]) -> bool {
        let expected = &PREFACE[self.heard..];
        let same = bytes.iter().zip(expected).take_while(|(byte, expected)| byte == expected).count();
        self.heard += same;
        same < bytes.len() || self.heard == PREFACE.len()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(opening) = &mut self.opening else { return outcome };
        if opening.is_over_with(&buffer.filled()[before..]) {
            self.opening = None;
        } else if outcome.is_pending() && opening.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::super::admission::Admission;
    use super::*;

    /// Short, for the tests wait for it.
    const WITHIN: Duration = Duration::from_millis(50);

    fn connection() -> (DuplexStream, Connection<DuplexStream>) {
        let place = Admission::trusting(&[]).admit(IpAddr::V4(Ipv4Addr::LOCALHOST)).expect("a place");
        let (client, server) = duplex(1024);
        (client, Connection::new(server, place, WITHIN))
    }

    /// A connection that said this much, and its client.
    async fn that_said(words: &[u8]) -> (DuplexStream, Connection<DuplexStream>) {
        let (mut client, mut server) = connection();
        client.write_all(words).await.expect("the server's end is open");
        server.read_exact(&mut vec![0; words.len()]).await.expect("what was said");
        (client, server)
    }

    #[tokio::test]
    async fn whoever_says_nothing_or_half_a_preface_is_not_waited_for() {
        for words in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            let (_client, mut server) = that_said(words).await;
            let end = server.read(&mut [0; 8]).await.expect_err("the time is over");
            assert_eq!(end.kind(), io::ErrorKind::TimedOut, "{words:?}");
        }
    }

    #[tokio::test]
    async fn whoever_said_what_is_spoken_has_time() {
        for words in [&b"G"[..], b"POST", b"PRI * HTTP/1.1", PREFACE, b"\0"] {
            let (mut client, mut server) = that_said(words).await;
            let later = async {
                tokio::time::sleep(WITHIN * 2).await;
                client.write_all(b"more").await
            };
            let mut more = [0; 4];
            let (said, heard) = tokio::join!(later, server.read_exact(&mut more));
            assert!(said.is_ok() && heard.is_ok() && more == *b"more", "{words:?}");
        }
    }

    #[tokio::test]
    async fn single_bytes_do_not_win_time() {
        let (mut client, mut server) = connection();
        let drip = async {
            for byte in PREFACE {
                let _ = client.write_all(&[*byte]).await;
                tokio::time::sleep(WITHIN / 4).await;
            }
            core::future::pending::<()>().await;
        };
        let heard = async {
            let mut bytes = 0;
            loop {
                match server.read(&mut [0; 8]).await {
                    Ok(more) => bytes += more,
                    Err(_) => break bytes,
                }
            }
        };
        tokio::select! {
            bytes = heard => assert!(bytes < PREFACE.len(), "{bytes}"),
            () = drip => unreachable!("it never ends"),
        }
    }
}
