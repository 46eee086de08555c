using System.Net;
using OrleansOrchestrator.Node.Dns;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>No client takes what others need.</summary>
public sealed class ClientBudgetTests
{
    [Fact]
    public void Client_HasHalfOfAllPlacesAtMost()
    {
        var budget = new ClientBudget(4);
        IPAddress[] clients = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.3")];

        Take(0, 0, 0).ShouldBe([true, true, false]);
        Take(1, 1, 2).ShouldBe([true, true, false], "all are taken");
        budget.Return(clients[0]);
        Take(2, 0).ShouldBe([true, false]);
        foreach (var client in (int[])[0, 1, 1, 2])
            budget.Return(clients[client]);

        budget.Taken.ShouldBe(0);
        Take(0, 0, 0).ShouldBe([true, true, false]);
        new ClientBudget(1).TryTake(clients[0]).ShouldBeTrue("half of one is one");

        List<bool> Take(params int[] who) => [.. who.Select(client => budget.TryTake(clients[client]))];
    }
}
