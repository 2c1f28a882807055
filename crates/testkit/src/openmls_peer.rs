//! The other opinion: a member of the same visit on openmls, which shares no line of MLS code with ours.
//!
//! It has none of our commit rules; it follows RFC 9420. What it can't follow, or what can't follow it, is a defect of
//! one of the two. `mls_walk` makes them meet.

use anyhow::{Context, Result, anyhow, bail};
use curtain_domain::Timestamp;
use curtain_e2ee::{
    CREDENTIAL_TYPE, Credential as CurtainCredential, DeviceKey, NewLeaf, OwnDevice, POLICY_EXTENSION,
    Policy, Proof,
};
use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, DeserializeBytes, Extension,
    ExtensionType, Extensions, GroupId, KeyPackage, LeafNodeIndex, MlsGroup, MlsGroupCreateConfig,
    MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, ProtocolVersion, Sender, SignatureScheme,
    StagedWelcome, UnknownExtension,
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
/// As many as ours keeps, so that late messages open on both sides.
const PAST_EPOCHS: usize = 4;

/// One tab on openmls.
pub struct OpenMlsPeer {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    key_package: Vec<u8>,
    group: Option<MlsGroup>,
}

/// What a message did.
pub enum PeerEvent {
    /// The next epoch.
    Commit,
    /// This peer was taken out.
    Removed,
    /// Somebody spoke: leaf and payload.
    Said(u32, Vec<u8>),
}

impl OpenMlsPeer {
    /// A fresh leaf with the very credential that our client would make.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn new(leaf: &NewLeaf<'_>, device: &DeviceKey, now: Timestamp) -> Result<Self> {
        let provider = OpenMlsRustCrypto::default();
        let signer = SignatureKeyPair::new(SignatureScheme::ED25519).map_err(|e| anyhow!("{e:?}"))?;
        let leaf_key: [u8; 32] = signer.public().try_into().context("an Ed25519 key has 32 bytes")?;
        let not_after = leaf.not_after.unix_seconds();
        let mut own =
            OwnDevice { device_pub: device.public(), practice_key_hash: [0; 32], leaf_sig: [0; 64] };
        let mut credential = CurtainCredential {
            role: leaf.role,
            visit: leaf.visit,
            person: leaf.person,
            issued_at: now,
            not_after,
            name: leaf.name.to_owned(),
            proof: Proof::Own(own.clone()),
        };
        own.leaf_sig = device.sign(&credential.leaf_to_sign(&leaf_key)?)?;
        credential.proof = Proof::Own(own);
        let credential = CredentialWithKey {
            credential: Credential::new(CredentialType::Other(CREDENTIAL_TYPE), credential.encode()),
            signature_key: signer.public().into(),
        };
        let bundle = KeyPackage::builder().leaf_node_capabilities(capabilities()).build(
            SUITE,
            &provider,
            &signer,
            credential.clone(),
        )?;
        let key_package = MlsMessageOut::from(bundle.into_key_package()).to_bytes()?;
        Ok(Self { provider, signer, credential, key_package, group: None })
    }

    /// To arrive with.
    pub fn key_package(&self) -> &[u8] {
        &self.key_package
    }

    /// Opens the group with this signed policy.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn create_group(&mut self, group_id: &[u8], policy: &Policy) -> Result<()> {
        let policy = Extension::Unknown(POLICY_EXTENSION, UnknownExtension(policy.encode()));
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .capabilities(capabilities())
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(PAST_EPOCHS)
            .with_group_context_extensions(Extensions::single(policy)?)
            .build();
        let id = GroupId::from_slice(group_id);
        let credential = self.credential.clone();
        let group = MlsGroup::new_with_group_id(&self.provider, &self.signer, &config, id, credential)?;
        self.group = Some(group);
        Ok(())
    }

    /// Joins by a Welcome.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn join(&mut self, welcome: &[u8]) -> Result<()> {
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(PAST_EPOCHS)
            .build();
        let MlsMessageBodyIn::Welcome(welcome) = read(welcome)?.extract() else { bail!("not a Welcome") };
        let staged = StagedWelcome::new_from_welcome(&self.provider, &config, welcome, None)?;
        self.group = Some(staged.into_group(&self.provider)?);
        Ok(())
    }

    fn group(&self) -> Result<&MlsGroup> {
        self.group.as_ref().context("not in a group")
    }

    /// Commits, always with a path; the commit stays pending until [`Self::accept_own`]. Gives commit and Welcome.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn commit(&mut self, remove: Option<u32>, add: Option<&[u8]>) -> Result<(Vec<u8>, Vec<u8>)> {
        let provider = &self.provider;
        let mut adds = Vec::new();
        if let Some(bytes) = add {
            let MlsMessageBodyIn::KeyPackage(key_package) = read(bytes)?.extract() else {
                bail!("not a KeyPackage")
            };
            adds.push(key_package.validate(provider.crypto(), ProtocolVersion::Mls10)?);
        }
        let bundle = self
            .group
            .as_mut()
            .context("not in a group")?
            .commit_builder()
            .force_self_update(true)
            .propose_removals(remove.map(LeafNodeIndex::new))
            .propose_adds(adds)
            .load_psks(provider.storage())?
            .build(provider.rand(), provider.crypto(), &self.signer, |_| true)?
            .stage_commit(provider)?;
        let (commit, welcome, _) = bundle.into_messages();
        let welcome = welcome.map(|message| message.to_bytes()).transpose()?;
        Ok((commit.to_bytes()?, welcome.unwrap_or_default()))
    }

    /// The server took our commit.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn accept_own(&mut self) -> Result<()> {
        let group = self.group.as_mut().context("not in a group")?;
        Ok(group.merge_pending_commit(&self.provider)?)
    }

    /// Takes somebody else's commit or application message.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn process(&mut self, message: &[u8]) -> Result<PeerEvent> {
        let message = read(message)?.try_into_protocol_message()?;
        let group = self.group.as_mut().context("not in a group")?;
        let processed = group.process_message(&self.provider, message)?;
        let Sender::Member(leaf) = *processed.sender() else { bail!("not from a member") };
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(said) => {
                Ok(PeerEvent::Said(leaf.u32(), said.into_bytes()))
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                let removed = commit.self_removed();
                group.merge_staged_commit(&self.provider, *commit)?;
                Ok(if removed { PeerEvent::Removed } else { PeerEvent::Commit })
            }
            _ => bail!("neither a commit nor words"),
        }
    }

    /// Seals a payload.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn seal(&mut self, payload: &[u8]) -> Result<Vec<u8>> {
        let group = self.group.as_mut().context("not in a group")?;
        Ok(group.create_message(&self.provider, &self.signer, payload)?.to_bytes()?)
    }

    /// SFrame's base key of this epoch.
    ///
    /// # Errors
    /// Whatever openmls refuses.
    pub fn base_key(&self) -> Result<Vec<u8>> {
        Ok(self.group()?.export_secret(self.provider.crypto(), "SFrame 1.0 Base Key", &[], 16)?)
    }

    /// Our own leaf.
    ///
    /// # Errors
    /// When there is no group.
    pub fn leaf(&self) -> Result<u32> {
        Ok(self.group()?.own_leaf_index().u32())
    }
}

fn read(bytes: &[u8]) -> Result<MlsMessageIn> {
    MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|e| anyhow!("{e:?}"))
}

fn capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[SUITE]),
        Some(&[ExtensionType::Unknown(POLICY_EXTENSION)]),
        None,
        Some(&[CredentialType::Other(CREDENTIAL_TYPE)]),
    )
}
