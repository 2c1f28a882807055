//! `curtain migrate`: brings the database to this version. Needs the owner's rights, which `serve` never uses.

use anyhow::Context as _;
use curtain_storage::Store;

use crate::config::DatabaseArgs;

pub(crate) fn run(args: &DatabaseArgs) -> anyhow::Result<()> {
    super::wait_for(async {
        Store::migrate(&args.database_url)
            .await
            .context("the database could not be brought to this version")?;
        super::print("the database is up to date\n")
    })
}
