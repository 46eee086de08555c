using OrleansOrchestrator.Storage.Tests.Contract;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

public sealed class PostgreSqlObjectLogTests(PostgreSqlFixture fixture) : ObjectLogContract
{
    protected override Task<TestStore> CreateStoreAsync() => PostgreSqlContract.CreateAsync(fixture);
}

public sealed class PostgreSqlOwnershipTests(PostgreSqlFixture fixture) : OwnershipContract
{
    protected override Task<TestStore> CreateStoreAsync() => PostgreSqlContract.CreateAsync(fixture);
}

public sealed class PostgreSqlHistoryTests(PostgreSqlFixture fixture) : HistoryContract
{
    protected override Task<TestStore> CreateStoreAsync() => PostgreSqlContract.CreateAsync(fixture);
}

public sealed class PostgreSqlModelTests(PostgreSqlFixture fixture) : ModelContract
{
    protected override Task<TestStore> CreateStoreAsync() => PostgreSqlContract.CreateAsync(fixture);
}

internal static class PostgreSqlContract
{
    public static Task<TestStore> CreateAsync(PostgreSqlFixture fixture)
    {
        PostgreSqlFixture.RequireServer();
        return Task.FromResult<TestStore>(new PostgreSqlTestStore(fixture.Connections));
    }
}
