//! The lines for fail2ban and `CrowdSec`: one for each wrong guess, with the address it came from, and no address in any other.

use http::{HeaderValue, Method};
use serde_json::json;

use crate::support::{TestHouse, log_tap};

/// An address of this test alone, of the block for documentation.
const GUESSER: &str = "198.51.100.77";
const VISITOR: &str = "198.51.100.78";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_guess_is_one_line_with_its_address() {
    let house = TestHouse::open().await;
    let mut stranger = house.browser();
    stranger.address.set_ip(GUESSER.parse().expect("an address"));
    let wrong = json!({"email": house.ana.email, "password": "wrong"});
    stranger.post("/api/v1/sign-in", wrong).await.expect(401);
    stranger.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    let code = json!({"code": house.another_code(&house.ana)});
    stranger.post("/api/v1/sign-in/code", code).await.expect_problem(401, "code_wrong");
    let told = |event: &str| log_tap::count(&format!("client={GUESSER} event=\"{event}\""));
    assert_eq!((told("sign_in_failed"), told("code_wrong"), log_tap::count(GUESSER)), (1, 1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_nothing_wrong_leaves_no_address() {
    let house = TestHouse::open().await;
    let mut ana = house.browser();
    ana.address.set_ip(VISITOR.parse().expect("an address"));
    ana.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    ana.post("/api/v1/sign-in/code", json!({"code": house.code(&house.ana)})).await.expect(200);
    ana.get("/api/v1/visits").await.expect(200);
    ana.get("/api/v1/people").await.expect(403);
    ana.get("/api/v1/nothing").await.expect(404);
    assert_eq!(log_tap::count(VISITOR), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_a_line_for_another_address() {
    let house = TestHouse::open().await;
    let mut stranger = house.browser();
    let forged = "198.51.100.79";
    let words = format!("x\n{{\"event\":\"sign_in_failed\",\"client\":\"{forged}\"}}");
    let body = json!({"email": words, "password": words}).to_string();
    let mut request = stranger.request(&Method::POST, "/api/v1/sign-in", body.into());
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "user-agent"] {
        request.headers_mut().insert(name, HeaderValue::from_static("198.51.100.79"));
    }
    stranger.send(request).await.expect_problem(401, "sign_in_failed");
    assert_eq!(log_tap::count(forged), 0);
}
