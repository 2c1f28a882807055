//! A passkey counts like a code when somebody must show again that it is them, and a question of one kind is no question of
//! another (L11).

use core::time::Duration;

use serde_json::json;

use super::{
    ADD, ASK, ASK_AGAIN, ASK_FOR_NEW, CODES, ME, SIGN_IN, STEP_UP, add, bytes, device, device_of, form, made,
    shown, told,
};
use crate::support::{Browser, TestHouse};

/// Somebody who showed their last factor too long ago, with a device.
async fn stale(house: &TestHouse) -> (Browser, curtain_auth::passkey::SoftwareAuthenticator) {
    let (mut browser, mut device) = (house.sign_in(&house.lee).await, device());
    add(&mut browser, &mut device, "Phone").await.expect(200);
    house.clock.advance(Duration::from_mins(5));
    browser.post(CODES, json!({})).await.expect_problem(403, "fresh_factor_needed");
    (browser, device)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_a_fresh_factor() {
    let house = TestHouse::open().await;
    let (mut browser, mut device) = stale(&house).await;
    let mut before = browser.clone();
    let options = browser.post(ASK_AGAIN, json!({})).await.expect(200).json();
    assert_eq!(options["allowed"].as_array().map(Vec::len), Some(1), "the device is told which passkey");
    // Which one is known, so it may leave out whose it is.
    let mut answer = device.show(&bytes(&options, "challenge"));
    answer.user_handle = None;
    browser.post(STEP_UP, form(&answer)).await.expect(200);
    browser.post(CODES, json!({})).await.expect(200);
    before.get(ME).await.expect_problem(401, "signed_out");
    let event = told(&house, "step_up_succeeded").await;
    assert_eq!((&event["actor"]["person"], &event["detail"]), (&json!(house.lee.id), &json!("passkey")));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_passkey_is_no_fresh_factor() {
    let house = TestHouse::open().await;
    let mut of_ana = device_of(&house, &house.ana).await;
    let (mut browser, mut device) = stale(&house).await;
    let options = browser.post(ASK_AGAIN, json!({})).await.expect(200).json();
    let answer = shown(&mut of_ana, &options);
    browser.post(STEP_UP, answer).await.expect_problem(401, "passkey_refused");
    browser.post(CODES, json!({})).await.expect_problem(403, "fresh_factor_needed");
    let event = told(&house, "step_up_failed").await;
    assert_eq!((&event["actor"]["person"], &event["detail"]), (&json!(house.lee.id), &json!("passkey")));
    // Nor is her own when nobody was verified.
    let options = browser.post(ASK_AGAIN, json!({})).await.expect(200).json();
    device.verifies = false;
    let answer = shown(&mut device, &options);
    browser.post(STEP_UP, answer).await.expect_problem(401, "passkey_refused");
    browser.post(CODES, json!({})).await.expect_problem(403, "fresh_factor_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_passkey_is_not_asked_for_one() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    browser.post(ASK_AGAIN, json!({})).await.expect_problem(409, "no_passkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_one_kind_is_no_question_of_another() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    let mut device = device();
    add(&mut browser, &mut device, "Phone").await.expect(200);
    let kinds = [(ASK, "sign-in"), (ASK_AGAIN, "step-up"), (ASK_FOR_NEW, "registration")];
    let mut tried = 0;
    for (ask, asked) in kinds {
        for (answer, kind) in [(SIGN_IN, "sign-in"), (STEP_UP, "step-up"), (ADD, "registration")] {
            if asked == kind {
                continue;
            }
            let options = browser.post(ask, json!({})).await.expect(200).json();
            let mut new = super::device();
            let form = match kind {
                "registration" => {
                    let made = new.create(&bytes(&options, "challenge"), &device.user_handle);
                    json!({
                        "name": "Key",
                        "credential_id": super::text(&made.credential_id),
                        "client_data": super::text(&made.client_data),
                        "attestation": super::text(&made.attestation),
                    })
                }
                _ => shown(&mut device, &options),
            };
            browser.post(answer, form).await.expect_problem(409, "start_again");
            tried += 1;
        }
    }
    assert_eq!(tried, 6);
    // Nor does any other cookie of this house ask for a passkey, or the question's stand for another.
    browser.post(ASK, json!({})).await.expect(200);
    for (name, token) in browser.cookies.clone() {
        let mut forger = house.browser();
        for place in ["__Host-session", "__Host-sign-in", "__Host-device", "__Host-passkey"] {
            if place != name {
                forger.cookies.insert(place.to_owned(), token.clone());
            }
        }
        forger.get(ME).await.expect_problem(401, "signed_out");
        let guess = json!({"code": "000000"});
        forger.clone().post("/api/v1/sign-in/code", guess).await.expect_problem(401, "sign_in_again");
        if name != "__Host-passkey" {
            let answer = form(&device.show(&[0; 32]));
            forger.post(SIGN_IN, answer).await.expect_problem(409, "start_again");
        }
    }
    let options = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    let right = made(&mut super::device(), &options, "Key");
    browser.post(ADD, right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sessions_question_is_not_this_ones() {
    let house = TestHouse::open().await;
    let (mut browser, mut device) = stale(&house).await;
    let mut other = house.sign_in(&house.lee).await;
    let options = other.post(ASK_AGAIN, json!({})).await.expect(200).json();
    browser.cookies.insert("__Host-passkey".to_owned(), other.cookies["__Host-passkey"].clone());
    let answer = shown(&mut device, &options);
    browser.post(STEP_UP, answer.clone()).await.expect_problem(409, "start_again");
    other.post(STEP_UP, answer).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_counts_as_one_fresh_factor_however_often_it_is_sent() {
    let house = TestHouse::open().await;
    let (mut browser, mut device) = stale(&house).await;
    let options = browser.post(ASK_AGAIN, json!({})).await.expect(200).json();
    let answer = shown(&mut device, &options);
    let sent: Vec<_> = (0..50)
        .map(|_| {
            let (mut tab, answer) = (browser.clone(), answer.clone());
            tokio::spawn(async move { tab.post(STEP_UP, answer).await.status.as_u16() })
        })
        .collect();
    let mut taken = 0;
    for one in sent {
        taken += usize::from(one.await.expect("an answer") == 200);
    }
    assert_eq!(taken, 1);
}
