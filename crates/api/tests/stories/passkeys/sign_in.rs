//! A passkey alone opens the house, once for each question.

use core::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{ASK, CODES, ME, SIGN_IN, bytes, device_of, form, shown, sign_in, told};
use crate::support::{Answer, TestHouse};

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_opens_the_house() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.lee).await;
    let mut browser = house.browser();
    let me = sign_in(&mut browser, &mut device).await.expect(200).json();
    assert_eq!((&me["person"], &me["role"]), (&json!(house.lee.id), &json!("clinician")));
    assert_eq!(browser.get(ME).await.expect(200).json(), me);
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["__Host-device", "__Host-session"],
        "the question's cookie is gone, the browser is known"
    );
    // Both factors in one: nothing more is asked for what needs a fresh one.
    browser.post(CODES, json!({})).await.expect(200);
    let event = told(&house, "sign_in_succeeded").await;
    // The reader signed in after, with a code.
    assert_eq!(event["detail"], "totp");
    let mut iris = house.sign_in(&house.iris).await;
    let own = format!("/api/v1/audit?action=sign_in_succeeded&person={}", house.lee.id);
    assert_eq!(iris.get(&own).await.expect(200).json()["events"][0]["detail"], "passkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_questions_cookie_is_bound_to_this_host_and_hidden_from_scripts() {
    let house = TestHouse::open().await;
    let answer = house.browser().post(ASK, json!({})).await.expect(200);
    let (name, rest) = answer.header("set-cookie").split_once('=').expect("a cookie");
    assert_eq!(name, "__Host-passkey");
    assert_eq!(rest.split_once("; ").expect("flags").1, "HttpOnly; SameSite=Strict; Secure; Path=/");
}

/// The answer without what is made up anew each time.
fn without_chance(answer: Answer) -> (Value, Vec<(String, String)>, usize) {
    let answer = answer.indistinguishable();
    let (mut body, length) = (answer.json(), answer.body.len());
    assert_eq!(bytes(&body, "challenge").len(), 32);
    body["challenge"] = Value::Null;
    let headers = answer.headers.iter().filter(|(name, _)| *name != "set-cookie");
    (body, headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect(), length)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_asked_the_same() {
    let house = TestHouse::open().await;
    let mut known = house.sign_in(&house.ana).await;
    device_of(&house, &house.lee).await;
    let mut answers = Vec::new();
    for mut browser in [house.browser(), house.browser(), known.clone()] {
        answers.push(without_chance(browser.post(ASK, json!({})).await.expect(200)));
    }
    known.post("/api/v1/sign-out", json!({})).await.expect(204);
    answers.push(without_chance(known.post(ASK, json!({})).await.expect(200)));
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0].0["allowed"], json!([]), "nobody is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_sent_two_hundred_times_at_once_opens_one_session() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let mut browser = house.browser();
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    let answer = shown(&mut device, &options);
    let sent: Vec<_> = (0..200)
        .map(|_| {
            let (mut tab, answer) = (browser.clone(), answer.clone());
            tokio::spawn(async move { tab.post(SIGN_IN, answer).await.status })
        })
        .collect();
    let mut taken = 0;
    for one in sent {
        taken += usize::from(one.await.expect("an answer") == StatusCode::OK);
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_here_and_in_time() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let (mut browser, mut other) = (house.browser(), house.browser());
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    let answer = shown(&mut device, &options);
    // Another browser was not asked this, or was asked something else.
    other.clone().post(SIGN_IN, answer.clone()).await.expect_problem(409, "start_again");
    other.post(ASK, json!({})).await.expect(200);
    other.post(SIGN_IN, answer.clone()).await.expect_problem(401, "passkey_refused");
    let mut replayed = browser.clone();
    browser.post(SIGN_IN, answer.clone()).await.expect(200);
    replayed.post(SIGN_IN, answer).await.expect_problem(409, "start_again");

    let mut late = house.browser();
    let options = late.post(ASK, json!({})).await.expect(200).json();
    house.clock.advance(Duration::from_mins(5));
    let answer = shown(&mut device, &options);
    late.post(SIGN_IN, answer).await.expect_problem(409, "start_again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_answer_uses_the_question_up() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let mut browser = house.browser();
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    let mut tab = browser.clone();
    device.verifies = false;
    let unverified = shown(&mut device, &options);
    browser.post(SIGN_IN, unverified).await.expect_problem(401, "passkey_refused");
    device.verifies = true;
    let right = shown(&mut device, &options);
    tab.post(SIGN_IN, right).await.expect_problem(409, "start_again");
    sign_in(&mut browser, &mut device).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_say_whose_it_is_signs_nobody_in() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    for handle in [None, Some(house.ben.id.clone())] {
        let mut browser = house.browser();
        let options = browser.post(ASK, json!({})).await.expect(200).json();
        let mut answer = device.show(&bytes(&options, "challenge"));
        answer.user_handle = handle.map(|id| id.replace('-', "").into_bytes());
        browser.post(SIGN_IN, form(&answer)).await.expect_problem(401, "passkey_refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_questions_is_slowed_and_keeps_nobody_from_typing() {
    let house = TestHouse::open().await;
    let mut browser = house.browser();
    for _ in 0..60 {
        browser.post(ASK, json!({})).await.expect(200);
    }
    let refused = browser.post(ASK, json!({})).await.expect_problem(429, "too_many_attempts");
    assert_eq!(refused.header("retry-after"), "1");
    browser.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    house.browser().post(ASK, json!({})).await.expect(200);
}
