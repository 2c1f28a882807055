//! A browser's end of a WebSocket (RFC 6455), as small as it can be: it opens, and asks whether the other end lives.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::{Client, ORIGIN, is_ended_within};

/// Final frame, PING; masked, no payload; the mask, which masks nothing (RFC 6455 §5.2).
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
/// Final frame, PONG.
const PONG: u8 = 0x8A;

pub(crate) struct WebSocket(TcpStream);

impl WebSocket {
    /// Opens one over a connection, with a client's cookies.
    pub(crate) fn open(mut connection: TcpStream, client: &Client, path: &str) -> Self {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\norigin: {ORIGIN}\r\ncookie: {}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            client.cookies()
        );
        connection.write_all(request.as_bytes()).expect("the server reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).expect("an answer");
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self(connection)
    }

    /// Waits for an answer to a ping; whatever comes before it is passed over.
    pub(crate) fn ping(&mut self) {
        self.0.write_all(&PING).expect("the server reads");
        while self.next_frame() != PONG {}
    }

    /// Reads until the server closes, which it must do within so long.
    pub(crate) fn wait_for_its_end(&self, longest: Duration) {
        assert!(is_ended_within(longest, &self.0), "the socket is still open");
    }

    /// The first byte of the next frame, which the server never masks and which is short in these tests.
    fn next_frame(&mut self) -> u8 {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).expect("a frame");
        let [first, length] = head;
        assert!(length < 126, "a longer frame than these tests ask for");
        let mut payload = vec![0; length.into()];
        self.0.read_exact(&mut payload).expect("its payload");
        first
    }
}
