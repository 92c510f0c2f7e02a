//! The viewer: OHIF's built distribution, made ready for Noctis once ([`install`]) and served from a folder ([`Site`]).
//!
//! Installing takes the npm tarball of the pinned release, checks its digest, unpacks what is needed, moves it below the
//! prefix [`PREFIX`] (the distribution is built for `/`), compresses it, and writes a manifest of all files. Serving trusts
//! the manifest alone: a path that is not in it is never looked for in the file system.
//!
//! This crate knows nothing of HTTP servers: it says which file, which type and which headers.

mod config;
mod content_type;
mod error;
mod install;
mod manifest;
mod policy;
mod release;
mod rewrite;
mod site;
mod unpack;

pub use config::{AppConfig, ViewerConfig, app_config_js};
pub use error::Error;
pub use install::{Installed, install};
pub use policy::{Policy, SECURITY_HEADERS};
pub use release::{PACKAGE, PREFIX, TARBALL, VERSION};
pub use site::{File, Gzip, Site};
