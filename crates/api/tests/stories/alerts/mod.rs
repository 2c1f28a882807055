//! What people and administrators are told without having asked: notices about one's own account, alerts about the practice.

mod notices;

use crate::support::{Person, TestHouse};

/// The letters that wait, newest first: to whom, and what stands above.
async fn letters(house: &TestHouse) -> Vec<(String, String)> {
    opened(house).await.into_iter().map(|letter| (letter.to, letter.subject)).collect()
}

async fn opened(house: &TestHouse) -> Vec<curtain_api::mail::Message> {
    let mut scope = house.store.worker().begin().await.expect("a unit of work");
    let waiting = scope.waiting_mail(50).await.expect("the queue");
    waiting.iter().map(|letter| curtain_api::mail::open(&house.vault, letter).expect("it opens")).collect()
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
