//! Two servers on one database: what ends on one is over on the other within five seconds, requests and open sockets
//! alike (SE5).

use std::time::{Duration, Instant};

use curtain_storage::testing::TestDatabase;
use serde_json::{Value, json};

use crate::support::{Client, ORIGIN, Server, WebSocket, code, connect, demo_accounts};

const WITHIN: Duration = Duration::from_secs(5);

/// Dr Lee, signed in with the code of so many steps ahead: each counts once.
fn lee(server: &Server, account: &Value, steps_ahead: u64) -> Client {
    let mut client = server.client(ORIGIN);
    let form = json!({"email": account["email"], "password": account["password"]});
    client.post("/api/v1/sign-in", &form).expect(200);
    let code = code(account["totp_secret"].as_str().expect("a secret"), steps_ahead);
    client.post("/api/v1/sign-in/code", &json!({"code": code})).expect(200);
    client
}

/// A socket in Dr Lee's first visit.
fn socket(server: &Server, client: &mut Client) -> WebSocket {
    let visits = client.get("/api/v1/visits").expect(200).json();
    let path = format!("/api/v1/visits/{}/socket", visits["visits"][0]["id"].as_str().expect("a visit"));
    let mut socket = WebSocket::open(connect(server.port), client, &path);
    socket.ping();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_on_one_server_ends_sessions_and_sockets_on_the_other() {
    let database = TestDatabase::fresh().await;
    let (here, there) = (Server::demo(&database), Server::demo(&database));
    let account = &demo_accounts()[0];
    let mut elsewhere = lee(&there, account, 0);
    let socket = socket(&there, &mut elsewhere);
    let mut client = lee(&here, account, 1);
    let change = json!({"current": account["password"], "new": "four rivers meet below the mill"});
    client.post("/api/v1/account/password", &change).expect(200);
    let changed = now();

    elsewhere.get("/api/v1/me").expect(401);
    client.get("/api/v1/me").expect(200);
    socket.wait_for_its_end(WITHIN);
    assert!(changed.elapsed() < WITHIN, "{:?}", changed.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_from_a_list_on_one_server_is_over_on_the_other() {
    let database = TestDatabase::fresh().await;
    let (here, there) = (Server::demo(&database), Server::demo(&database));
    let account = &demo_accounts()[0];
    let mut elsewhere = lee(&there, account, 0);
    let socket = socket(&there, &mut elsewhere);
    let mut client = lee(&here, account, 1);
    let listed = client.get("/api/v1/account/sessions").expect(200).json();
    let listed = listed["sessions"].as_array().expect("sessions");
    let other = listed.iter().find(|one| one["current"] == false).expect("the other")["id"].as_str();
    let path = format!("/api/v1/account/sessions/{}/end", other.expect("an id"));
    client.post(&path, &json!({})).expect(204);
    let ended = now();

    elsewhere.get("/api/v1/me").expect(401);
    socket.wait_for_its_end(WITHIN);
    assert!(ended.elapsed() < WITHIN, "{:?}", ended.elapsed());
}

#[expect(clippy::disallowed_methods, reason = "measures real time")]
fn now() -> Instant {
    Instant::now()
}
