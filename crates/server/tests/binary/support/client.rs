//! HTTP/1.1 (RFC 9112) over a socket: one request, one connection, one answer.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::read_all;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// From the bytes of a whole connection.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// A browser, as far as a server can tell.
pub(crate) struct Client {
    port: u16,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Client {
    pub(crate) fn new(port: u16, origin: &str) -> Self {
        Self { port, origin: origin.to_owned(), cookies: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(connect(self.port), "GET", path, "")
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(connect(self.port), "POST", path, &body.to_string())
    }

    /// The cookies as a request carries them.
    pub(crate) fn cookies(&self) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// Sends one request over a connection, which may be one of TLS.
    pub(crate) fn send(
        &mut self,
        mut connection: impl Read + Write,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\norigin: {}\r\nx-curtain: 1\r\n\
             content-type: application/json\r\ncontent-length: {}\r\ncookie: {}\r\n\r\n{body}",
            self.origin,
            body.len(),
            self.cookies()
        );
        connection.write_all(request.as_bytes()).expect("the server reads");
        let answer = Answer::parse(&read_all(connection));
        // hyper writes names of headers in lower case.
        for cookie in answer.head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, rest) = cookie.split_once('=').expect("name=value");
            match rest.split(';').next() {
                Some("") | None => self.cookies.remove(name),
                Some(value) => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}

/// A connection that gives up after a while, so that a server that hangs fails the test.
pub(crate) fn connect(port: u16) -> TcpStream {
    connect_to(Ipv4Addr::LOCALHOST.into(), port)
}

/// The same to an address of this machine, from that address.
pub(crate) fn connect_to(address: IpAddr, port: u16) -> TcpStream {
    let connection = TcpStream::connect((address, port)).expect("the server listens");
    connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    connection
}
