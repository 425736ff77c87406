//! `routectl route …`

pub(super) mod add;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod show;
