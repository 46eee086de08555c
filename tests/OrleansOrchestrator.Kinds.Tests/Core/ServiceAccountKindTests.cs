namespace OrleansOrchestrator.Kinds.Tests.Core;

public class ServiceAccountKindTests
{
    private static readonly KindCase Accounts = new("serviceaccounts");

    [Fact]
    public void Secrets_WithOtherFields_AreKeptByName() => KindCase.ShouldBeJson(
        Accounts.Created("{'metadata':{'name':'a'},'secrets':[{'name':'s','kind':'Secret','namespace':'elsewhere'}]}"),
        "{'metadata':{'name':'a'},'secrets':[{'name':'s'}]}");

    [Fact]
    public void Row_WithSecrets_CountsThem() =>
        Accounts.Row("{'metadata':{'name':'a'},'secrets':[{'name':'s'}]}").ShouldBe("a | 1 | <unknown>");
}
