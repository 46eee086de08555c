using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Model.Tests.Tables;

public class HumanDurationTests
{
    [Theory]
    [InlineData(-10, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(1, "1s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(130, "2m10s")]
    [InlineData(599, "9m59s")]
    [InlineData(630, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((3 * 3600) - 1, "179m")]
    [InlineData((3 * 3600) + 60, "3h1m")]
    [InlineData(9 * 3600, "9h")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(49 * 3600, "2d1h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(729 * 86400, "729d")]
    [InlineData(735 * 86400, "2y5d")]
    [InlineData(8 * 365 * 86400L, "8y")]
    public void Format_AnyDuration_IsThatOfKubectl(long seconds, string text) => HumanDuration.Format(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Fact]
    public void Since_WithoutAStart_IsUnknown() => HumanDuration.Since(null, DateTimeOffset.UnixEpoch).ShouldBe("<unknown>");
}
