//! What the listener itself refuses or ends, before any route is asked; and that TLS is there when it is asked for.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use curtain_storage::testing::TestDatabase;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, ORIGIN, Server, TestFile, connect, found_practice, is_ended_within, read_all};

/// A little more than the ten seconds that each step of a connection may take.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread")]
async fn headers_have_an_end() {
    let database = TestDatabase::fresh().await;
    let server = Server::demo(&database);
    let mut connection = connect(server.port);
    let bomb = format!("GET /api/v1/livez HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "a".repeat(40_000));
    // The server may answer and close before it has read everything.
    let _ = connection.write_all(bomb.as_bytes());
    let answer = Answer::parse(&read_all(&connection));
    assert!([0, 431].contains(&answer.status), "{answer:?}");
    server.client(ORIGIN).get("/livez").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_too_little_is_not_waited_for() {
    let database = TestDatabase::fresh().await;
    let server = Server::demo(&database);
    let words = [
        "",
        "PRI * HTTP/2.0\r\n",
        "GET /livez HTTP/1.1\r\nhost: loc",
        "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n",
    ];
    let said = words.map(|words| {
        let mut connection = connect(server.port);
        connection.write_all(words.as_bytes()).expect("the server reads");
        (words, connection)
    });
    for (words, connection) in &said {
        assert!(is_ended_within(SOON, connection), "the server waits after {words:?}");
    }
}

/// A server that ends TLS, and a client that trusts it.
struct OverTls {
    server: Server,
    trusting: Arc<ClientConfig>,
    _files: [TestFile; 3],
}

const SECURE_ORIGIN: &str = "https://localhost:8443";

impl OverTls {
    fn start(database: &TestDatabase) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = TestFile::new(&made.cert.pem());
        let key = TestFile::new(&made.signing_key.serialize_pem());
        let kek = TestFile::with_key();
        found_practice(database, SECURE_ORIGIN);
        let tls = ["--tls-cert", certificate.path(), "--tls-key", key.path()];
        let settings = ["--key-file", kek.path(), "--public-origin", SECURE_ORIGIN];
        let server = Server::start(database, &[settings, tls].concat());

        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trusting = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { server, trusting: Arc::new(trusting), _files: [certificate, key, kek] }
    }

    fn session(&self) -> ClientConnection {
        let name = ServerName::try_from("localhost").expect("a name");
        ClientConnection::new(Arc::clone(&self.trusting), name).expect("a client")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_makes_it_tls() {
    let database = TestDatabase::fresh().await;
    let tls = OverTls::start(&database);
    let connection = StreamOwned::new(tls.session(), connect(tls.server.port));
    let answer = tls.server.client(SECURE_ORIGIN).send(connection, "GET", "/livez", "").expect(200);
    assert!(answer.head.contains("strict-transport-security: max-age=31536000"), "{}", answer.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_handshake_nor_silence_after_it_is_waited_for() {
    let database = TestDatabase::fresh().await;
    let tls = OverTls::start(&database);
    let silent = connect(tls.server.port);
    let mut shaken = connect(tls.server.port);
    let mut session = tls.session();
    while session.is_handshaking() {
        session.complete_io(&mut shaken).expect("a handshake");
    }
    for (what, connection) in [("a handshake", silent), ("first words", shaken)] {
        assert!(is_ended_within(SOON, &connection), "the server waits for {what}");
    }
}
