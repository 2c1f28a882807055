//! Refused: clinical words in a log line or an error message.

use curtain_vault::ClinicalText;

fn main() {
    drop(format!("{:?}", ClinicalText::new(String::new())));
}
