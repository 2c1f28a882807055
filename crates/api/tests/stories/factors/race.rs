//! What counts once counts once, whoever races (T6, T7), and what is one kind of token is no other (L11).

use core::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::recovery::saved_codes;
use crate::support::{Browser, PASSWORD, Person, TestHouse, code_of};

const SIGN_IN: &str = "/api/v1/sign-in";
const CODE: &str = "/api/v1/sign-in/code";
const SAVED: &str = "/api/v1/sign-in/recovery-code";
const FRESH: &str = "/api/v1/session/fresh-factor";
/// At once, as T6 asks.
const AT_ONCE: usize = 200;
/// As T6 asks. Fewer would miss a race that one in fifty loses.
const ROUNDS: usize = 100;

type Sent = (Browser, &'static str, Value);

/// Sends all requests at once; the browser of the one that was taken. Panics when it isn't one.
async fn the_one_taken(requests: Vec<Sent>) -> Browser {
    let sent: Vec<_> = requests
        .into_iter()
        .map(|(mut browser, path, body)| {
            tokio::spawn(async move { (browser.post(path, body).await.status, browser) })
        })
        .collect();
    let mut taken = Vec::new();
    for one in sent {
        let (status, browser) = one.await.expect("an answer");
        // A house that is full says so; it never breaks.
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::OK {
            taken.push(browser);
        }
    }
    assert_eq!(taken.len(), 1, "what counts once counts once");
    taken.remove(0)
}

/// The same request, from browsers that take turns.
fn at_once(browsers: &[Browser], path: &'static str, body: &Value) -> Vec<Sent> {
    browsers.iter().cycle().take(AT_ONCE).map(|browser| (browser.clone(), path, body.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_sign_in_and_step_up_at_once_counts_once() {
    let house = TestHouse::open().await;
    for _ in 0..ROUNDS {
        let inside = house.sign_in(&house.lee).await;
        house.clock.advance(Duration::from_mins(11));
        let mut outside = house.browser();
        outside.post(SIGN_IN, house.lee.password_form()).await.expect(200);
        let body = json!({"code": house.code(&house.lee)});
        let both = at_once(&[inside], FRESH, &body).into_iter().zip(at_once(&[outside], CODE, &body));
        the_one_taken(both.flat_map(|(one, other)| [one, other]).take(AT_ONCE).collect()).await;
        house.clock.advance(Duration::from_hours(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_saved_code_sent_two_hundred_times_at_once_counts_once() {
    let house = TestHouse::open().await;
    let mut codes = Vec::new();
    for _ in 0..ROUNDS {
        if codes.is_empty() {
            codes = saved_codes(&house, &house.ana).await;
        }
        let mut browsers = Vec::new();
        for _ in 0..4 {
            let mut browser = house.browser();
            browser.post(SIGN_IN, house.ana.password_form()).await.expect(200);
            browsers.push(browser);
        }
        let body = json!({"code": codes.pop().expect("a code")});
        the_one_taken(at_once(&browsers, SAVED, &body)).await;
        house.clock.advance(Duration::from_hours(1));
    }
}

/// An account that its link brings to life, again and again: the link counts once each time.
async fn links_count_once(kind: &str, whose: impl Fn(&TestHouse) -> Person, password: &str) {
    let house = TestHouse::open().await;
    let person = whose(&house);
    for _ in 0..ROUNDS {
        house.set_state(&person, "invited").await;
        let token = house.link(&person, kind).await;
        let mut browser = house.browser();
        let chosen = json!({"token": token, "password": password});
        let chosen = browser.post("/api/v1/activation/password", chosen).await.expect(200).json();
        let code = code_of(chosen["secret"].as_str().unwrap(), house.now());
        let body = json!({"token": token, "code": code});
        the_one_taken(at_once(&[browser], "/api/v1/activation/confirm", &body)).await;
        house.clock.advance(Duration::from_hours(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invitation_confirmed_two_hundred_times_at_once_counts_once() {
    links_count_once("invitation", |house| house.invited.clone(), "four rivers meet below the mill").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reset_link_confirmed_two_hundred_times_at_once_counts_once() {
    links_count_once("new_factor", |house| house.ben.clone(), PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authenticator_confirmed_two_hundred_times_at_once_counts_once() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    for _ in 0..ROUNDS {
        let new = browser.post("/api/v1/account/authenticator", json!({})).await.expect(200).json();
        let body = json!({"code": code_of(new["secret"].as_str().unwrap(), house.now())});
        browser = the_one_taken(at_once(&[browser], "/api/v1/account/authenticator/confirm", &body)).await;
    }
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
