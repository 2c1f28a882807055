//! Activation: a link that works once sets a password, shows the secret of an authenticator, and hands out recovery
//! codes (AU12).

use core::time::Duration;

use serde_json::{Value, json};

use crate::support::{Browser, TestHouse, code_of};

const OPEN: &str = "/api/v1/activation";
const CHOOSE: &str = "/api/v1/activation/password";
const CONFIRM: &str = "/api/v1/activation/confirm";
const GOOD: &str = "four rivers meet below the mill";

async fn choose(browser: &mut Browser, token: &str) -> Value {
    browser.post(CHOOSE, json!({"token": token, "password": GOOD})).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_makes_an_account_that_can_sign_in() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();

    let opened = browser.post(OPEN, json!({"token": token})).await.expect(200).json();
    assert_eq!(
        opened,
        json!({"name": house.invited.name, "email": house.invited.email, "step": "password", "password_minimum": 12})
    );
    let secret = choose(&mut browser, &token).await;
    assert!(secret["otpauth_uri"].as_str().unwrap().starts_with("otpauth://totp/"));
    let again = browser.post(OPEN, json!({"token": token})).await.expect(200).json();
    assert_eq!(again["step"], "authenticator");

    let code = code_of(secret["secret"].as_str().unwrap(), house.now());
    let codes = browser.post(CONFIRM, json!({"token": token, "code": code})).await.expect(200).json();
    let codes = codes["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), 10);

    house.clock.advance(Duration::from_secs(30));
    browser
        .post("/api/v1/sign-in", json!({"email": house.invited.email, "password": GOOD}))
        .await
        .expect(200);
    let code = code_of(secret["secret"].as_str().unwrap(), house.now());
    browser.post("/api/v1/sign-in/code", json!({"code": code})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_an_expired_and_an_invented_link_are_one_answer() {
    let house = TestHouse::open().await;
    let used = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    let secret = choose(&mut browser, &used).await;
    let code = code_of(secret["secret"].as_str().unwrap(), house.now());
    browser.post(CONFIRM, json!({"token": used, "code": code})).await.expect(200);

    let expired = house.activation_link(&house.invited_too).await;
    house.clock.advance(Duration::from_hours(72));
    let mut answers = Vec::new();
    for token in [&used, &expired, &"A".repeat(43), "no token"] {
        for (path, body) in [
            (OPEN, json!({"token": token})),
            (CHOOSE, json!({"token": token, "password": GOOD})),
            (CONFIRM, json!({"token": token, "code": "000000"})),
        ] {
            let answer = house.browser().post(path, body).await;
            answers.push(answer.expect_problem(404, "link_invalid").indistinguishable());
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_before_a_password_is_refused_and_spoils_nothing() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    browser
        .post(CONFIRM, json!({"token": token, "code": "000000"}))
        .await
        .expect_problem(404, "link_invalid");
    assert_eq!(browser.post(OPEN, json!({"token": token})).await.expect(200).json()["step"], "password");
    choose(&mut browser, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_leaves_the_link_as_it_was() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    let secret = choose(&mut browser, &token).await;
    let secret = secret["secret"].as_str().unwrap();
    let far = house.now() + Duration::from_hours(9);
    let wrong = json!({"token": token, "code": code_of(secret, far)});
    browser.post(CONFIRM, wrong).await.expect_problem(401, "code_wrong");
    let right = json!({"token": token, "code": code_of(secret, house.now())});
    browser.post(CONFIRM, right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poor_password_is_refused_with_the_reason() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    for poor in ["short", "aaaaaaaaaaaaaaaa", house.invited.email.as_str()] {
        let refused = browser.post(CHOOSE, json!({"token": token, "password": poor})).await;
        let refused = refused.expect_problem(422, "password_refused").json();
        let reason = refused["detail"].as_str().unwrap();
        assert!(reason.len() > 20 && !reason.contains(poor), "{reason}");
    }
    choose(&mut browser, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_can_not_sign_in_before_the_end() {
    let house = TestHouse::open().await;
    let token = house.activation_link(&house.invited).await;
    let mut browser = house.browser();
    choose(&mut browser, &token).await;
    let form = json!({"email": house.invited.email, "password": GOOD});
    browser.post("/api/v1/sign-in", form).await.expect_problem(401, "sign_in_failed");
}
