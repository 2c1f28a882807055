//! Secrets and clinical words can't be printed, compared or copied by accident: it does not compile.

use core::fmt::{Debug, Display};

use curtain_vault::{ClinicalText, KeyEncryptionKey, Vault};

/// Compiles only while the type lacks the trait: with it, two implementations of `Lacks` would fit.
macro_rules! lacks {
    ($type:ty: $($trait:path),+) => {
        $({
            trait Lacks<Marker> {
                fn proof() {}
            }
            impl<T: ?Sized> Lacks<()> for T {}
            struct Has;
            impl<T: ?Sized + $trait> Lacks<Has> for T {}
            let _proof = <$type as Lacks<_>>::proof;
        })+
    };
}

#[test]
fn nothing_in_the_vault_can_be_printed() {
    lacks!(ClinicalText: Debug, Display, Clone, PartialEq);
    lacks!(KeyEncryptionKey: Debug, Display, Clone, PartialEq);
    lacks!(Vault: Debug, Display, Clone);
}

#[test]
fn nothing_that_signs_somebody_in_can_be_printed() {
    lacks!(curtain_auth::Password: Debug, Display, Clone, PartialEq);
    lacks!(curtain_auth::NewPassword: Debug, Display, Clone);
    lacks!(curtain_auth::PasswordPhc: Debug, Display);
    lacks!(curtain_auth::TotpSecret: Debug, Display, PartialEq);
    lacks!(curtain_auth::RecoveryCode: Debug, Display, PartialEq);
    lacks!(curtain_auth::SessionToken: Debug, Display, PartialEq);
    lacks!(curtain_auth::SignInToken: Debug, Display, PartialEq);
    lacks!(curtain_auth::ActivationToken: Debug, Display, PartialEq);
    lacks!(curtain_auth::ContextToken: Debug, Display, PartialEq);
    lacks!(curtain_auth::Identity: Debug, Display);
}
