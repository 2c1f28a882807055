//! How many connections the listener takes: one too many is dropped at once, the others go on, and a place that gets free
//! is taken again. The numbers are those of `src/listener/admission.rs`.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket};

use curtain_storage::testing::TestDatabase;
use serde_json::json;

use crate::support::{
    Answer, Client, ORIGIN, Server, TestFile, WebSocket, code, connect, connect_to, demo_accounts,
    found_practice, read_all,
};

const IN_ALL: usize = 768;
const FROM_ONE_ADDRESS: usize = 192;

/// A request that the server has begun to answer: it keeps its connection until it is finished, or for half a minute.
struct Begun(TcpStream);

impl Begun {
    fn on(mut connection: TcpStream, origin: &str) -> Self {
        let head = format!(
            "POST /api/v1/sign-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\norigin: {origin}\r\n\
             x-curtain: 1\r\ncontent-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).expect("the server reads");
        // Said when the form is wanted (RFC 9110 §10.1.1): so this connection has its place.
        let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
        connection.read_exact(&mut go_on).expect("a place");
        assert!(go_on.starts_with(b"HTTP/1.1 100 "));
        Self(connection)
    }

    /// The answer to an empty form.
    fn finish(mut self) -> Answer {
        self.0.write_all(b"{}").expect("the server reads");
        Answer::parse(&read_all(self.0))
    }
}

/// Whether a new connection gets an answer; else it is dropped.
fn is_answered(mut connection: TcpStream) -> bool {
    // A connection that is dropped at once may be gone before the request is written.
    let _ = connection.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    match Answer::parse(&read_all(connection)).status {
        200 => true,
        0 => false,
        other => panic!("{other}"),
    }
}

/// A place is free a moment after its connection is seen to end, so the first try may come too early.
fn is_soon_answered(open: impl Fn() -> TcpStream) -> bool {
    (0..1000).any(|_| is_answered(open()))
}

/// Dr Lee's socket in a visit of the demo.
fn socket_of_lee(server: &Server) -> WebSocket {
    let mut lee = server.client(ORIGIN);
    let account = &demo_accounts()[0];
    let form = json!({"email": account["email"], "password": account["password"]});
    lee.post("/api/v1/sign-in", &form).expect(200);
    let code = code(account["totp_secret"].as_str().expect("a secret"), 0);
    lee.post("/api/v1/sign-in/code", &json!({"code": code})).expect(200);
    let visits = lee.get("/api/v1/visits").expect(200).json();
    let path = format!("/api/v1/visits/{}/socket", visits["visits"][0]["id"].as_str().expect("a visit"));
    WebSocket::open(connect(server.port), &lee, &path)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_house_has_so_many_places_and_a_visit_keeps_its_own() {
    let database = TestDatabase::fresh().await;
    let server = Server::demo(&database);
    let mut socket = socket_of_lee(&server);
    let open = || connect(server.port);
    let mut begun: Vec<_> = (1..IN_ALL).map(|_| Begun::on(open(), ORIGIN)).collect();
    assert!(!is_answered(open()), "the socket of the visit counts: {IN_ALL} were taken");

    socket.ping();
    let last = begun.pop().expect("the last that was let in");
    last.finish().expect(400);
    assert!(is_soon_answered(open), "the place is free again");
    begun.swap_remove(0).finish().expect(400);
    socket.ping();
}

/// An address of this machine under which it is not itself. Nothing is sent to find it.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address that nobody has (RFC 5737).
    socket.connect(("192.0.2.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_and_others_still_come_in() {
    let Some(own) = own_address() else {
        eprintln!("SKIPPED: this machine has no address but loopback, which has no number of its own.");
        return;
    };
    let database = TestDatabase::fresh().await;
    let origin = "https://visits.example.org";
    found_practice(&database, origin);
    let key = TestFile::with_key();
    let proxied = ["--key-file", key.path(), "--public-origin", origin, "--behind-tls-proxy"];
    let settings = [&proxied[..], &["--trusted-proxies", "127.0.0.1"]].concat();
    let server = Server::start_on("0.0.0.0:0", &database, &settings);

    let open = || connect_to(own, server.port);
    let mut begun: Vec<_> = (0..FROM_ONE_ADDRESS).map(|_| Begun::on(open(), origin)).collect();
    assert!(!is_answered(open()), "{FROM_ONE_ADDRESS} were taken");
    Client::new(server.port, origin).get("/livez").expect(200);
    begun.swap_remove(0).finish().expect(400);
    assert!(is_soon_answered(open), "the place is free again");
}
