using System.Security.Cryptography.X509Certificates;
using CsCheck;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.Kinds.Tests.Certificates;

public sealed class CertificateSubjectTests
{
    [Theory]
    [InlineData("CN=a", "a", "")]
    [InlineData("O=x, CN=a, O=y", "a", "x,y")]
    [InlineData("OU=z, O=x, CN=a", "a", "x")]
    public void Read_ASubjectThatNamesOneUser_GivesUserAndGroupsInTheirOrder(string subject, string user, string groups)
    {
        var read = CertificateSubject.Read(SubjectName.Of(subject)).ShouldNotBeNull();

        (read.CommonName, string.Join(',', read.Organizations)).ShouldBe((user, groups));
    }

    [Theory]
    [InlineData("")]
    [InlineData("O=x")]
    [InlineData("CN=, O=x")]
    [InlineData("CN=a, O=")]
    [InlineData("CN=a, CN=b")]
    [InlineData("CN=a, CN=a")]
    [InlineData("CN=a, CN=")]
    [InlineData("CN=a+CN=b")]
    [InlineData("CN=a+O=x")]
    [InlineData("CN=a, OU=z+CN=b")]
    [InlineData("CN=a, OU=z+O=system:masters")]
    [InlineData("CN=a, OU=y+OU=z")]
    public void Read_ASubjectThatCanBeReadInTwoWaysOrNamesNobody_GivesNobody(string subject) =>
        CertificateSubject.Read(SubjectName.Of(subject)).ShouldBeNull();

    [Fact]
    public void Read_WhatIsNoSubject_GivesNobody() => CertificateSubject.Read(new X500DistinguishedName([0x30, 0x02, 0x31, 0x00])).ShouldBeNull();

    [Fact]
    public void ToName_OfAnyUser_IsReadAsTheSame()
    {
        var text = Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.OneOf(':', '-', '.', ',', '+', '=', '"', '\\', ' ', 'é', '\0')), 1, 253]
            // The platform leaves out blanks and zeros at the ends, when it writes and when it reads.
            .Where(value => value.Trim(' ', '\0') == value && value.Length > 0);
        Gen.Select(text, text.Array[0, 3]).Sample((user, groups) =>
        {
            var read = CertificateSubject.Read(new CertificateSubject(user, groups).ToName()).ShouldNotBeNull();

            read.CommonName.ShouldBe(user);
            read.Organizations.ShouldBe(groups);
        });
    }
}
