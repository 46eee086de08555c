namespace OrleansOrchestrator.Kinds.Tests.Core.Quotas;

public class LimitRangeKindTests
{
    private static readonly KindCase Ranges = new("limitranges");

    [Fact]
    public void Limits_OfContainers_FillEachOtherIn() => KindCase.ShouldBeJson(
        Ranges.Created("{'metadata':{'name':'l'},'spec':{'limits':[{'type':'Container','max':{'cpu':'2'},'default':{'memory':'1Gi'},'min':{'ephemeral-storage':'1Mi'}}]}}")["spec"]!,
        """
        {"limits":[{"type":"Container","max":{"cpu":"2"},"min":{"ephemeral-storage":"1Mi"},
          "default":{"cpu":"2","memory":"1Gi"},"defaultRequest":{"cpu":"2","memory":"1Gi","ephemeral-storage":"1Mi"}}]}
        """);

    [Theory]
    [InlineData("{'type':'Container','max':{'cpu':'2'},'min':{'cpu':'1'},'maxLimitRequestRatio':{'cpu':'2'}}", "")]
    [InlineData("{'type':'Node'}", "spec.limits[0].type: Invalid value: \"Node\": must be a standard limit type or fully qualified")]
    [InlineData("{'type':'Container','max':{'gold':'2'}}", "spec.limits[0].max[gold]: Invalid value: \"gold\": must be a standard resource for containers\nspec.limits[0].default[gold]: Invalid value: \"gold\": must be a standard resource for containers\nspec.limits[0].defaultRequest[gold]: Invalid value: \"gold\": must be a standard resource for containers")]
    [InlineData("{'type':'Pod','default':{'cpu':'1'}}", "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'")]
    [InlineData("{'type':'Pod','min':{'cpu':'2'},'max':{'cpu':'1'}}", "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1")]
    [InlineData("{'type':'Container','default':{'cpu':'1'},'defaultRequest':{'cpu':'2'}}", "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than default limit value 1")]
    [InlineData("{'type':'Container','max':{'cpu':'1'},'default':{'cpu':'2'},'defaultRequest':{'cpu':'1'}}", "spec.limits[0].default[cpu]: Invalid value: \"1\": default value 2 is greater than max value 1")]
    [InlineData("{'type':'Pod','maxLimitRequestRatio':{'cpu':'500m'}}", "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"500m\": ratio 500m is less than 1")]
    [InlineData("{'type':'Pod','min':{'cpu':'1'},'max':{'cpu':'2'},'maxLimitRequestRatio':{'cpu':'3'}}", "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = 2.000000")]
    [InlineData("{'type':'PersistentVolumeClaim'}", "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided")]
    [InlineData("{'type':'Pod'},{'type':'Pod'}", "spec.limits[1].type: Duplicate value: \"Pod\"")]
    public void Limit_Faults_AreTold(string limits, string fault) =>
        Ranges.Faults(KindCase.With("{'metadata':{'name':'l'},'spec':{'limits':[@]}}", limits)).ShouldBe(fault);

    [Fact]
    public void Row_OfARange_TellsWhenItWasMade()
    {
        Ranges.Headings().ShouldBe("Name | Created At");
        Ranges.Row("{'metadata':{'name':'l','creationTimestamp':'2026-03-01T11:00:00Z'}}").ShouldBe("l | 2026-03-01T11:00:00Z");
    }
}
