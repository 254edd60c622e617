#if PostgreSQL
  public import SMIMEStore

  extension Store {
    /// Opens a store in a PostgreSQL database, and makes its tables if they are not there.
    ///
    /// The connection is one of libpq: the string has its form, a URL or `key=value` pairs, and what it leaves out comes from
    /// the environment and from `~/.pgpass`, which is where a password belongs.
    ///
    /// - Throws: ``StoreFailure``.
    public init(postgres connection: String) throws {
      self.init(try PostgresDatabase(connection))
    }
  }
#endif
