using OrleansOrchestrator.Kinds.Bootstrap;

namespace OrleansOrchestrator.Kinds.Tests.Bootstrap;

public sealed class BootstrapTokenTests
{
    [Theory]
    [InlineData("system:bootstrappers:kubeadm:default-node-token", true)]
    [InlineData("system:bootstrappers:a", true)]
    [InlineData("system:bootstrappers:", false)]
    [InlineData("system:bootstrappers:a-", false)]
    [InlineData("system:bootstrappers:A", false)]
    [InlineData("system:bootstrappers", false)]
    [InlineData("system:masters", false)]
    [InlineData("system:nodes", false)]
    [InlineData("x\nsystem:bootstrappers:a", false)]
    public void Group_OfAToken_MustBeOneOfMachinesThatJoin(string group, bool isGood) => BootstrapToken.IsGroup(group).ShouldBe(isGood);
}
