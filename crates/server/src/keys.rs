//! Which key-encryption key this server uses. **The public key of the demo opens nothing but a demo.**

use anyhow::{Context as _, bail};
use curtain_vault::KeyEncryptionKey;

use crate::config::KeyArgs;

impl KeyArgs {
    /// The key, from its file; with `--demo`, the one that everybody knows.
    pub(crate) fn load(&self) -> anyhow::Result<KeyEncryptionKey> {
        if self.demo {
            return Ok(KeyEncryptionKey::demo()?);
        }
        let path = self
            .key_file
            .as_deref()
            .context("--key-file is missing: the file with the key-encryption key")?;
        let key = KeyEncryptionKey::from_file(path)
            .with_context(|| format!("the key file {} can't be used", path.display()))?;
        if key.is_demo() {
            bail!("the key in {} is the demo's, which everybody knows: make one of your own", path.display());
        }
        Ok(key)
    }
}
