//! What people and administrators are told without having asked: notices about one's own account, alerts about the practice.

mod chain;
mod guard_log;
mod list;
mod notices;
mod rules;

use serde_json::Value;

use crate::support::{Browser, Person, TestHouse};

/// The alerts, as an administrator or an auditor gets them.
async fn alerts(browser: &mut Browser) -> Value {
    browser.get("/api/v1/alerts").await.expect(200).json()
}

/// What they are, those that nobody saw first.
async fn kinds(browser: &mut Browser) -> Vec<String> {
    let all = alerts(browser).await["alerts"].as_array().expect("a list").clone();
    all.iter().map(|alert| alert["kind"].as_str().expect("a kind").to_owned()).collect()
}

/// The letters that wait, newest first: to whom, and what stands above.
async fn letters(house: &TestHouse) -> Vec<(String, String)> {
    opened(house).await.into_iter().map(|letter| (letter.to, letter.subject)).collect()
}

async fn opened(house: &TestHouse) -> Vec<curtain_api::mail::Message> {
    let mut scope = house.store.worker().begin().await.expect("a unit of work");
    let waiting = scope.waiting_mail(50).await.expect("the queue");
    waiting
        .iter()
        .map(|letter| curtain_api::mail::open(&house.house.vault, letter).expect("it opens"))
        .collect()
}

/// How many letters tell of an alert.
async fn alarms(house: &TestHouse) -> usize {
    letters(house).await.iter().filter(|(_, subject)| subject.starts_with("An alert")).count()
}

/// What stands above the letters to one person, in the order of the alphabet: the clock of a test may stand still.
async fn told(house: &TestHouse, person: &Person) -> Vec<String> {
    let mut subjects: Vec<String> = letters(house)
        .await
        .into_iter()
        .filter_map(|(to, subject)| (to == person.email).then_some(subject))
        .collect();
    subjects.sort();
    subjects
}
