//! Every passkey that doesn't count gets the same answer, and keeps nobody from signing in another way.

use core::time::Duration;

use curtain_auth::passkey::SoftwareAuthenticator;
use serde_json::json;

use super::{ASK, SIGN_IN, STEP_UP, device, device_of, shown, sign_in, told};
use crate::support::{Answer, TestHouse};

async fn refused(house: &TestHouse, device: &mut SoftwareAuthenticator) -> Answer {
    let answer = sign_in(&mut house.browser(), device).await;
    answer.expect_problem(401, "passkey_refused").indistinguishable()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_reason_the_answer_is_the_same() {
    let house = TestHouse::open().await;
    let mut answers = Vec::new();
    let mut stranger = device();
    answers.push(refused(&house, &mut stranger).await);
    let mut lies = device_of(&house, &house.ana).await;
    lies.verifies = false;
    answers.push(refused(&house, &mut lies).await);
    lies.verifies = true;
    "https://visits.test.evil.test".clone_into(&mut lies.origin);
    answers.push(refused(&house, &mut lies).await);
    super::super::support::ORIGIN.clone_into(&mut lies.origin);
    "evil.test".clone_into(&mut lies.rp_id);
    answers.push(refused(&house, &mut lies).await);
    "visits.test".clone_into(&mut lies.rp_id);
    // A device that knows another's name for a passkey, and has another key.
    let mut copied_name = device();
    copied_name.credential_id.clone_from(&lies.credential_id);
    copied_name.user_handle.clone_from(&lies.user_handle);
    answers.push(refused(&house, &mut copied_name).await);
    for (person, state) in [(&house.ben, "suspended"), (&house.lee, "invited")] {
        let mut own = device_of(&house, person).await;
        sign_in(&mut house.browser(), &mut own).await.expect(200);
        house.set_state(person, state).await;
        answers.push(refused(&house, &mut own).await);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    sign_in(&mut house.browser(), &mut lies).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_between_question_and_answer_stays_out() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let mut browser = house.browser();
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    house.set_state(&house.ana, "suspended").await;
    let answer = shown(&mut device, &options);
    browser.post(SIGN_IN, answer).await.expect_problem(401, "passkey_refused");
    // Back from a suspension the passkey is as good as before.
    house.set_state(&house.ana, "active").await;
    sign_in(&mut browser, &mut device).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_passkey_is_refused_and_written_down() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let mut device = device();
    device.counter = 1;
    super::add(&mut browser, &mut device, "Key").await.expect(200);
    sign_in(&mut house.browser(), &mut device).await.expect(200);
    sign_in(&mut house.browser(), &mut device).await.expect(200);
    // The copy was made before and is used after.
    let ahead = device.counter;
    device.counter = 1;
    refused(&house, &mut device).await;
    let event = told(&house, "sign_in_failed").await;
    assert_eq!(event["subject"]["person"], json!(house.ana.id), "{event}");
    device.counter = ahead;
    sign_in(&mut house.browser(), &mut device).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_the_passkeys_too() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let mut iris = house.sign_in(&house.iris).await;
    let reset = format!("/api/v1/people/{}/reset-second-factor", house.ana.id);
    let link = iris.post(&reset, json!({"identity_check": "in_person"})).await.expect(200).json();
    let token = link["link"].as_str().expect("a link").split_once('#').expect("a fragment").1.to_owned();
    house.mark(&token);
    refused(&house, &mut device).await;
    // And it stays gone once its owner has both factors again.
    let mut browser = house.browser();
    let form = json!({"token": token, "password": crate::support::PASSWORD});
    let secret = browser.post("/api/v1/activation/password", form).await.expect(200).json();
    let code = crate::support::code_of(secret["secret"].as_str().expect("a secret"), house.now());
    browser.post("/api/v1/activation/confirm", json!({"token": token, "code": code})).await.expect(200);
    refused(&house, &mut device).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_passkeys_keep_nobody_from_password_and_code() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    device.verifies = false;
    let mut browser = house.browser();
    for _ in 0..25 {
        sign_in(&mut browser, &mut device).await.expect_problem(401, "passkey_refused");
    }
    house.clock.advance(Duration::from_secs(30));
    browser.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    browser.post("/api/v1/sign-in/code", json!({"code": house.code(&house.ana)})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_fails_on_and_on_waits() {
    let house = TestHouse::open().await;
    let (mut stranger, mut browser) = (device(), house.browser());
    for _ in 0..30 {
        sign_in(&mut browser, &mut stranger).await.expect_problem(401, "passkey_refused");
    }
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    let answer = shown(&mut stranger, &options);
    browser.post(SIGN_IN, answer).await.expect_problem(429, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_base64_is_told_so_before_anybody_is_looked_up() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let wrong = json!({
        "credential_id": "not base64!", "client_data": "", "authenticator_data": "", "signature": "",
        "user_handle": null,
    });
    browser.post(STEP_UP, wrong.clone()).await.expect_problem(422, "unprocessable");
    browser.post(SIGN_IN, wrong.clone()).await.expect_problem(409, "start_again");
    browser.post(ASK, json!({})).await.expect(200);
    browser.post(SIGN_IN, wrong).await.expect_problem(422, "unprocessable");
}
