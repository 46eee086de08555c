using OrleansOrchestrator.Storage.Tests.Contract;

namespace OrleansOrchestrator.Storage.Tests.Sqlite;

public sealed class SqliteObjectLogTests : ObjectLogContract
{
    protected override Task<TestStore> CreateStoreAsync() => SqliteTestStore.CreateAsync();
}

public sealed class SqliteOwnershipTests : OwnershipContract
{
    protected override Task<TestStore> CreateStoreAsync() => SqliteTestStore.CreateAsync();
}

public sealed class SqliteHistoryTests : HistoryContract
{
    protected override Task<TestStore> CreateStoreAsync() => SqliteTestStore.CreateAsync();
}

public sealed class SqliteModelTests : ModelContract
{
    protected override Task<TestStore> CreateStoreAsync() => SqliteTestStore.CreateAsync();
}
