//! How long a session lasts, and how it ends.

use core::time::Duration;

use serde_json::json;

use crate::support::TestHouse;

#[tokio::test(flavor = "multi_thread")]
async fn a_clinician_is_signed_out_after_fifteen_idle_minutes() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    for _ in 0..3 {
        house.clock.advance(Duration::from_mins(14));
        browser.get("/api/v1/me").await.expect(200);
    }
    house.clock.advance(Duration::from_mins(15));
    browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
    house.clock.advance(Duration::from_secs(1));
    browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_has_thirty_minutes() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    house.clock.advance(Duration::from_mins(29));
    browser.get("/api/v1/me").await.expect(200);
    house.clock.advance(Duration::from_mins(30));
    browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stays_signed_in_for_ever() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    for _ in 0..71 {
        house.clock.advance(Duration::from_mins(10));
        browser.get("/api/v1/me").await.expect(200);
    }
    house.clock.advance(Duration::from_mins(10));
    browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_for_every_tab() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let mut other_tab = browser.clone();
    let gone = browser.post("/api/v1/sign-out", json!({})).await.expect(204);
    assert_eq!(gone.header("clear-site-data"), "\"cache\"");
    let left: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(left, ["__Host-device"], "only what a browser is known by, which opens nothing");
    other_tab.get("/api/v1/me").await.expect_problem(401, "signed_out");
    other_tab.get("/api/v1/visits").await.expect_problem(401, "signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sign_in_is_a_new_session() {
    let house = TestHouse::open().await;
    let first = house.sign_in(&house.ana).await;
    let mut second = house.sign_in(&house.ana).await;
    assert_ne!(first.cookies["__Host-session"], second.cookies["__Host-session"]);
    second.post("/api/v1/sign-out", json!({})).await.expect(204);
    first.clone().get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_what_this_browser_had_before() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let mut stolen = browser.clone();
    browser.post("/api/v1/sign-in", house.ben.password_form()).await.expect(200);
    browser.post("/api/v1/sign-in/code", json!({"code": house.code(&house.ben)})).await.expect(200);
    assert_eq!(browser.get("/api/v1/me").await.expect(200).json()["person"], house.ben.id);
    stolen.get("/api/v1/me").await.expect_problem(401, "signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_token_is_nobody() {
    let house = TestHouse::open().await;
    for token in ["", "x", &"A".repeat(43), "' or 1=1 --"] {
        let mut browser = house.browser();
        browser.cookies.insert("__Host-session".to_owned(), token.to_owned());
        browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
    }
}
