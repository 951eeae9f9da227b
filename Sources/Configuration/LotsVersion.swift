/// Which version of Lots this is.
public enum LotsVersion {
    /// As in semantic versioning: of the daemon and of the command line, which are built together.
    public static let current = "0.1.0"
}
