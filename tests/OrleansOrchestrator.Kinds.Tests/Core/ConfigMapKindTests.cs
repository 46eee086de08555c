namespace OrleansOrchestrator.Kinds.Tests.Core;

public class ConfigMapKindTests
{
    private const string Valid = "{'metadata':{'name':'m'},'data':{'a':'x'},'binaryData':{'b':'eA=='}}";

    private static readonly KindCase Maps = new("configmaps");

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'data':{'b':'x'}}", "data[b]: Invalid value: \"b\": duplicate of key present in binaryData")]
    [InlineData("{'data':{'..':'x'}}", "data[..]: Invalid value: \"..\": must not be '..'")]
    public void Data_Faults_AreTold(string change, string fault) => Maps.Faults(KindCase.Merge(Valid, change)).ShouldBe(fault);

    [Fact]
    public void Data_OverAMebibyte_IsRefused() =>
        Maps.Faults($"{{'metadata':{{'name':'m'}},'data':{{'a':'{new string('x', (1024 * 1024) + 1)}'}}}}")
            .ShouldBe("[]: Too long: may not be more than 1048576 bytes");

    [Theory]
    [InlineData("{'metadata':{'labels':{'a':'b'}}}", "")]
    [InlineData("{'immutable':null}", "immutable: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("{'data':{'a':'y'}}", "data: Forbidden: field is immutable when `immutable` is set")]
    [InlineData("{'binaryData':{'b':'eQ=='}}", "binaryData: Forbidden: field is immutable when `immutable` is set")]
    public void Update_OfAnImmutableMap_IsRefused(string change, string fault)
    {
        var fixedMap = KindCase.Merge(Valid, "{'immutable':true}");

        Maps.UpdateFaults(fixedMap, KindCase.Merge(fixedMap, change)).ShouldBe(fault);
    }

    [Fact]
    public void Row_WithTextAndBinaryData_CountsBoth() => Maps.Row(Valid).ShouldBe("m | 2 | <unknown>");
}
