"""The client library: does it keep the contract's word towards those who use it?"""
