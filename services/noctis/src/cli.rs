//! The command line. What it sets wins over the environment, which wins over the configuration file.

use crate::targets::Target;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// Noctis, a medical image archive that speaks DICOMweb.
#[derive(Debug, Parser)]
#[command(name = "noctis", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Configuration file (TOML). Without it: the compiled-in defaults, `noctis print-config`.
    #[arg(long, global = true, env = "NOCTIS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Folder that holds the catalog and the images.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the archive.
    Serve(ServeArgs),
    /// Store files and folders of DICOM files, in a running server or straight into the data folder.
    Import(ImportArgs),
    /// Make the schema of the PostgreSQL catalog, or bring it up to date; may run several times, also at once.
    Migrate,
    /// Read the configuration, say what is wrong or doubtful, and stop.
    CheckConfig,
    /// Print the default configuration with a comment on every key.
    PrintConfig,
    /// Ask a running server whether it is ready; the exit code tells.
    Healthcheck(UrlArgs),
    /// Prepare the viewer's files.
    #[command(subcommand)]
    Viewer(ViewerCommand),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// What this process is, several separated by commas.
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    pub(crate) target: Vec<Target>,
    /// Address and port to serve HTTP on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Who may use the archive.
    #[arg(long, value_name = "MODE")]
    pub(crate) auth: Option<AuthMode>,
    /// Folder with the prepared viewer (see `noctis viewer install`).
    #[arg(long, value_name = "FOLDER")]
    pub(crate) viewer_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AuthMode {
    /// Everybody who reaches the address, which must be loopback.
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files and folders; folders are searched to the bottom.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) server: UrlArgs,
    /// Facility to store to; without it, the default one.
    #[arg(long)]
    pub(crate) facility: Option<access::FacilityId>,
    /// Files under way at once.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) parallel: u16,
}

#[derive(Debug, Args)]
pub(crate) struct UrlArgs {
    /// Address of a running server, such as http://127.0.0.1:8080; without it, the one that has the data folder open.
    #[arg(long)]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ViewerCommand {
    /// Check the viewer's package and rewrite it for this server.
    Install {
        /// The package, as its registry serves it.
        #[arg(long, value_name = "FILE")]
        tarball: PathBuf,
        /// Where to put the files; replaced if it is there.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
