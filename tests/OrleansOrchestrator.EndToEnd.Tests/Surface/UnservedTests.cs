using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

/// <summary>What kubectl prints when it is asked for something that Kubernetes has and this server does not yet.</summary>
public sealed class UnservedTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Theory]
    [InlineData("exec web-0 -- true", "it serves neither logs nor sessions, as those of hollow nodes do")]
    [InlineData("attach web-0", "it serves neither logs nor sessions, as those of hollow nodes do")]
    [InlineData("port-forward web-0 :80", "it serves neither logs nor sessions, as those of hollow nodes do")]
    public async Task Command_ForWhatIsNotThereYet_SaysSo(string command, string sentence)
    {
        await ApplyAsync(Manifests.Pod("web-0"));
        await Eventually.PassesAsync(async () =>
            ((string?)(await Api.GetAsync($"{Space}/pods/web-0"))["status"]?["phase"]).ShouldBe("Running"));

        var result = await TryAsync(command.Split(' '));

        result.ExitCode.ShouldNotBe(0, result.ToString());
        result.Errors.ShouldContain(sentence, Case.Sensitive, result.ToString());
    }

    [Fact]
    public async Task Command_AsSomebodyElse_HasThatUsersRights()
    {
        (await TryAsync("get", "pods", "--as", "nobody")).Errors.ShouldContain("User \"nobody\" cannot list resource \"pods\"");
        (await TryAsync("get", "pods", "--as", "nobody", "--watch")).Errors.ShouldContain("User \"nobody\" cannot");
        (await RunAsync("auth", "whoami", "--as", "nobody")).Text.ShouldNotContain("system:masters");
        (await RunAsync("get", "pods", "--as", "boss", "--as-group", "system:masters")).ExitCode.ShouldBe(0);
    }
}
