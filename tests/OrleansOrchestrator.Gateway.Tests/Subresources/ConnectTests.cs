using System.Net;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Tests.Subresources;

public sealed class ConnectTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Core = "/api/v1/namespaces/default";

    [Theory]
    [InlineData("POST", Core + "/pods/web/exec?command=sh&command=-c&command=ls&container=main&stdin=true&stdout=1&tty", "pods/exec web PodExecOptions")]
    [InlineData("GET", Core + "/pods/web/exec?command=sh", "pods/exec web PodExecOptions")]
    [InlineData("GET", Core + "/pods/web/attach?stdin=false", "pods/attach web PodAttachOptions")]
    [InlineData("POST", Core + "/pods/web/portforward?ports=80&ports=8080,8443", "pods/portforward web PodPortForwardOptions")]
    [InlineData("DELETE", Core + "/pods/web:8080/proxy/some/path", "pods/proxy web:8080 PodProxyOptions")]
    [InlineData("GET", Core + "/services/web/proxy?path=/a", "services/proxy web ServiceProxyOptions")]
    [InlineData("GET", "/api/v1/nodes/one/proxy/healthz", "nodes/proxy one NodeProxyOptions")]
    public async Task Connection_IsAdmittedAsOne_WhateverItsMethod(string method, string path, string expected)
    {
        await gateway.Admin.CallAsync(new HttpMethod(method), path);

        var admitted = gateway.Objects.LastAdmitted.ShouldNotBeNull();
        var options = admitted.Object.ShouldBeOfType<ConnectOptions>();
        $"{admitted.Definition.Plural}/{admitted.Subresource} {admitted.Key.Name} {options.Kind}".ShouldBe(expected);
        (admitted.Operation, options.ApiVersion, admitted.User.IsIn("system:masters")).ShouldBe((AdmissionOperation.Connect, "v1", true));
    }

    [Fact]
    public async Task Connection_Options_AreThoseOfTheQuery()
    {
        await gateway.Admin.CallAsync(HttpMethod.Post, Core + "/pods/web/exec?command=sh&command=-c&container=main&stdin=true&stdout=0&tty");
        var exec = (ConnectOptions)gateway.Objects.LastAdmitted!.Object!;
        (exec.Command!, exec.Container, exec.Stdin, exec.Stdout, exec.Stderr, exec.Tty).ShouldBe((exec.Command!, "main", true, false, null, true));
        exec.Command.ShouldBe(["sh", "-c"]);

        await gateway.Admin.CallAsync(HttpMethod.Post, Core + "/pods/web/portforward?ports=80&ports=8080,8443");
        ((ConnectOptions)gateway.Objects.LastAdmitted!.Object!).Ports.ShouldBe([80, 8080, 8443]);

        await gateway.Admin.CallAsync(HttpMethod.Get, Core + "/services/web/proxy/a/b");
        ((ConnectOptions)gateway.Objects.LastAdmitted!.Object!).Path.ShouldBe("/a/b");
    }

    [Fact]
    public async Task Connection_ThatAdmissionRefuses_IsNotOpened()
    {
        gateway.Objects.NextFailure = ApiErrors.Forbidden(Model.Resources.WellKnownResources.Pods, "web", "no shells here");

        (await gateway.Admin.CallAsync(HttpMethod.Post, Core + "/pods/web/exec?command=sh"))
            .ShouldFail(HttpStatusCode.Forbidden, "Forbidden").ShouldContain("no shells here");
    }
}
