//! What counts once counts once, whoever races (T6, T7), and what is one kind of token is no other (L11).

use core::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::recovery::saved_codes;
use crate::support::{Browser, TestHouse, code_of};

const SIGN_IN: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";
const SAVED: &str = "/api/v1/sign-in/recovery-code";
const FRESH: &str = "/api/v1/session/fresh-factor";
/// At once, as T6 asks.
const AT_ONCE: usize = 200;
/// Here; the nightly run turns this up.
const ROUNDS: usize = 4;

/// Sends all requests at once and counts those that were taken.
async fn race(requests: Vec<(Browser, &'static str, Value)>) -> usize {
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(mut browser, path, body)| tokio::spawn(async move { browser.post(path, body).await.status }))
        .collect();
    let mut taken = 0;
    for one in sent {
        taken += usize::from(one.await.expect("an answer") == StatusCode::OK);
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_sign_in_and_step_up_at_once_counts_once() {
    let house = TestHouse::open().await;
    for round in 0..ROUNDS {
        let inside = house.sign_in(&house.lee).await;
        house.clock.advance(Duration::from_mins(11));
        let mut outside = house.browser();
        outside.post(SIGN_IN, house.lee.password_form()).await.expect(200);
        let body = json!({"code": house.code(&house.lee)});
        let requests = (0..AT_ONCE)
            .map(|number| match number % 2 {
                0 => (inside.clone(), FRESH, body.clone()),
                _ => (outside.clone(), CODE, body.clone()),
            })
            .collect();
        assert_eq!(race(requests).await, 1, "round {round}");
        house.clock.advance(Duration::from_hours(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_saved_code_sent_two_hundred_times_at_once_counts_once() {
    let house = TestHouse::open().await;
    let codes = saved_codes(&house, &house.ana).await;
    for code in codes.iter().take(ROUNDS) {
        let mut browsers = Vec::new();
        for _ in 0..4 {
            let mut browser = house.browser();
            browser.post(SIGN_IN, house.ana.password_form()).await.expect(200);
            browsers.push(browser);
        }
        let requests = (0..AT_ONCE)
            .map(|number| (browsers[number % browsers.len()].clone(), SAVED, json!({"code": code})))
            .collect();
        assert_eq!(race(requests).await, 1);
        house.clock.advance(Duration::from_hours(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_link_confirmed_two_hundred_times_at_once_counts_once() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    let chosen = json!({"token": token, "password": "four rivers meet below the mill"});
    let chosen = browser.post("/api/v1/activation/password", chosen).await.expect(200).json();
    let code = code_of(chosen["secret"].as_str().unwrap(), house.now());
    let body = json!({"token": token, "code": code});
    let requests =
        (0..AT_ONCE).map(|_| (browser.clone(), "/api/v1/activation/confirm", body.clone())).collect();
    assert_eq!(race(requests).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authenticator_confirmed_two_hundred_times_at_once_counts_once() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    let new = browser.post("/api/v1/account/authenticator", json!({})).await.expect(200).json();
    let body = json!({"code": code_of(new["secret"].as_str().unwrap(), house.now())});
    let path = "/api/v1/account/authenticator/confirm";
    let requests = (0..AT_ONCE).map(|_| (browser.clone(), path, body.clone())).collect();
    assert_eq!(race(requests).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_kind_is_refused_everywhere_else() {
    let house = TestHouse::open().await;
    let session = house.sign_in(&house.lee).await;
    let mut sign_in = house.browser();
    sign_in.post(SIGN_IN, house.lee.password_form()).await.expect(200);
    let link = house.activation_link(&house.invited).await;
    let saved = saved_codes(&house, &house.ana).await.remove(0);
    house.clock.advance(Duration::from_secs(30));
    let tokens = [
        ("session", session.cookies["__Host-session"].clone()),
        ("device", session.cookies["__Host-device"].clone()),
        ("sign-in", sign_in.cookies["__Host-sign-in"].clone()),
        ("activation", link),
        ("recovery code", saved),
    ];
    let mut tried = 0;
    for (kind, token) in &tokens {
        for (place, right) in [("__Host-session", "session"), ("__Host-sign-in", "sign-in")] {
            if *kind == right {
                continue;
            }
            let mut browser = house.browser();
            browser.cookies.insert(place.to_owned(), token.clone());
            browser.get("/api/v1/me").await.expect_problem(401, "signed_out");
            for path in [CODE, SAVED, "/api/v1/sign-in/authenticator"] {
                browser.cookies.insert(place.to_owned(), token.clone());
                let body = json!({"code": house.code(&house.lee)});
                browser.post(path, body).await.expect_problem(401, "sign_in_again");
                tried += 1;
            }
        }
        if *kind != "activation" {
            for path in ["/api/v1/activation", "/api/v1/activation/confirm"] {
                let body = if path.ends_with("confirm") {
                    json!({"token": token, "code": "000000"})
                } else {
                    json!({"token": token})
                };
                house.browser().post(path, body).await.expect_problem(404, "link_invalid");
                tried += 1;
            }
        }
    }
    // A device's token known for nobody here keeps nobody's failures apart, and opens nothing.
    assert_eq!(tried, 32);
}
