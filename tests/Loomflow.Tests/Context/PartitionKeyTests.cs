using FsCheck;
using FsCheck.Fluent;

namespace Loomflow.Tests.Context;

public class PartitionKeyTests
{
    [Fact]
    public void Encode_AnyTwoStrings_GivesTheSameTextOnlyForTheSameUser() =>
        Prop.ForAll<string?, string?>((a, b) =>
            (PartitionKey.Of(a).Encode() == PartitionKey.Of(b).Encode()) == (PartitionKey.Of(a) == PartitionKey.Of(b)))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Decode_WhatEncodeWrote_GivesThePartitionBack() =>
        Prop.ForAll<string?>(user => PartitionKey.Decode(PartitionKey.Of(user).Encode()) == PartitionKey.Of(user))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("a", "u:a")]
    [InlineData("u:a", "u:u%3Aa")]
    [InlineData("{alice}", "u:%7Balice%7D")]
    [InlineData("ålice", "u:%u00E5lice")]
    public void Encode_AwkwardUserIds_AreEscaped(string user, string expected) =>
        PartitionKey.Named(user).Encode().ShouldBe(expected);

    [Theory]
    [InlineData("acme/alice", "acme")]
    [InlineData("alice", null)]
    [InlineData("/alice", null)]
    [InlineData(null, null)]
    public void Tenant_IsWhatStandsBeforeTheUser(string? user, string? tenant) => PartitionKey.Of(user).Tenant.ShouldBe(tenant);

    [Fact]
    public void Encode_LoneSurrogate_IsKept() =>
        PartitionKey.Decode("u:%uD800").UserId.ShouldBe(new string('\uD800', 1));

    [Fact]
    public void Default_IsAnonymousAndNotAUser()
    {
        default(PartitionKey).ShouldBe(PartitionKey.Anonymous);
        PartitionKey.Anonymous.Encode().ShouldNotBe(PartitionKey.Named("a").Encode());
    }

    [Fact]
    public void Named_EmptyUserId_NamesTheWayOut() =>
        Should.Throw<ArgumentException>(() => PartitionKey.Named("")).Message.ShouldContain("PartitionKey.Anonymous");

    [Theory]
    [InlineData("")]
    [InlineData("u:")]
    [InlineData("bob")]
    [InlineData("u:%zz")]
    [InlineData("u:%61")]
    public void Decode_AnythingElse_IsRefused(string text) => Should.Throw<FormatException>(() => PartitionKey.Decode(text));
}
